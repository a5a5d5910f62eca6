import type { CurrentProcess } from "../adapter.ts";

let variables: Readonly<Record<string, string | undefined>> | undefined;

const environment: CurrentProcess["environment"] = () => {
  variables ??= Deno.env.toObject();
  return variables;
};

/** This process, by the `Deno` namespace. */
export const currentProcess: CurrentProcess = {
  stdin: () => Deno.stdin.readable,
  runtime: `Deno ${Deno.version.deno}`,
  pid: Deno.pid,
  args: Deno.args,
  exit: (code) => Deno.exit(code),
  onTerminate(handle) {
    for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => handle(signal));
  },
  onHangup(handle) {
    if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", handle);
  },
  ignoreBrokenPipe() {
    for (const name of ["debug", "log", "info", "warn", "error"] as const) {
      const write = console[name];
      console[name] = (...values) => {
        try {
          write(...values);
        } catch {
          // Deno's console ignores a closed pipe, and throws when the disk is full
        }
      };
    }
  },
  environment,
  unsetEnv(names) {
    environment();
    for (const name of names) Deno.env.delete(name);
  },
  isTerminal: () => Deno.stderr.isTerminal(),
};
