import process from "node:process";
import type { CurrentProcess } from "../adapter.ts";
import { readableStream } from "./readable-stream.ts";

let variables: Readonly<Record<string, string | undefined>> | undefined;

const environment: CurrentProcess["environment"] = () => {
  variables ??= { ...process.env };
  return variables;
};

/** This process, by `node:process`. */
export const currentProcess: CurrentProcess = {
  stdin: () => readableStream(process.stdin),
  runtime: `Node.js ${process.versions.node}`,
  pid: process.pid,
  args: process.argv.slice(2),
  exit: (code) => process.exit(code),
  onTerminate(handle) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => handle(signal));
  },
  onHangup: (handle) => void process.on("SIGHUP", handle),
  ignoreBrokenPipe() {
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  },
  environment,
  unsetEnv(names) {
    environment();
    for (const name of names) delete process.env[name];
  },
  isTerminal: () => process.stderr.isTTY === true,
};
