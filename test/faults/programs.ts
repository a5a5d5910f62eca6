import { createServer } from "node:net";
import process from "node:process";
import { descendants, kill, runs } from "../fixtures/processes.ts";
import { type RunOptions, run, start } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { check, type Fault } from "./fault.ts";
import { watch } from "./watcher.ts";

const silent = [
  "--name",
  "card",
  "testcard:64x64@10",
  "--name",
  "silent",
  "--",
  "sh",
  "-c",
  "sleep 1000 & exec sleep 1000",
];

/** What can happen to the program as a whole: each time it is started anew. */
export const programs: readonly Fault[] = [
  {
    name: "SIGTERM, with a hundred viewers",
    parallel: 2,
    async inject() {
      const server = await start(silent);
      try {
        const viewers = await Promise.all(Array.from({ length: 100 }, () => watch(server.url, "card")));
        await Promise.all(viewers.map((viewer) => viewer.more(1)));
        const all = await until(() => {
          const started = descendants(server.child.pid ?? 0);
          return started.filter(({ name }) => name === "sleep").length === 2 && started;
        }, "all programs run");
        const asked = performance.now();
        const code = await server.stop("SIGTERM");
        check(code === 0, `it ended with ${code}`);
        check(performance.now() - asked < 5000, "it took more than five seconds");
        await until(() => viewers.every(({ over }) => over), "viewers' streams end", 1000);
        await until(() => !all.some(runs), "no program is left", 1000);
      } finally {
        await kill(server);
      }
    },
  },
  {
    name: "a second signal, before a program that ignores the first one has ended",
    parallel: 2,
    async inject() {
      const stubborn = ["--name", "stubborn", "--", "sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
      const server = await start(stubborn);
      try {
        const started = () => descendants(server.child.pid ?? 0);
        await until(() => started().some(({ name }) => name === "sleep"), "the program runs");
        const all = started();
        const asked = performance.now();
        process.kill(server.child.pid ?? 0, "SIGTERM");
        await until(() => server.output().includes("shutting down"), "the first one is heard", 1000);
        const code = await server.stop("SIGTERM");
        check(code === 1, `it ended with ${code}`);
        check(performance.now() - asked < 1000, "it took more than a second");
        await until(() => !all.some(runs), "no program is left", 3000);
      } finally {
        await kill(server);
      }
    },
  },
  {
    name: "SIGKILL, with a program that writes nothing",
    parallel: 2,
    async inject() {
      const server = await start(silent);
      const started = () => descendants(server.child.pid ?? 0);
      try {
        await until(() => started().filter(({ name }) => name === "sleep").length === 2, "all programs run");
        await until(() => started().length > 2, "the test card runs");
        const all = started();
        await server.stop("SIGKILL");
        await until(() => !all.some(runs), "no program is left", 3000).catch((error) => {
          const left = all.filter(runs);
          for (const { pid } of left) process.kill(pid, "SIGKILL");
          throw new Error(`after three seconds there is ${left.map(({ name }) => name).join(", ")}`, { cause: error });
        });
      } finally {
        await kill(server);
      }
    },
  },
  {
    name: "a port that is in use",
    parallel: 2,
    async inject() {
      const other = createServer().listen(0, "127.0.0.1");
      await new Promise((resolve) => other.once("listening", resolve));
      const address = other.address();
      const port = typeof address === "object" ? address?.port : 0;
      await refuses(["--port", String(port)], "address already in use");
      await new Promise((resolve) => other.close(resolve));
    },
  },
  {
    name: "a port that needs a permission",
    parallel: 2,
    inject: () => refuses(["--port", "80"], "Cannot listen on 127.0.0.1:80", nobody),
  },
  {
    name: "an address that is another's",
    parallel: 2,
    inject: () => refuses(["--host", "192.0.2.1", "--port", "0"], "Cannot listen on 192.0.2.1:0"),
  },
  {
    name: "a command line that is wrong",
    parallel: 2,
    inject: () => refuses(["--name", "front", "tcp-listen://nowhere"], "write a host and a port"),
  },
];

/** Somebody without permissions, where we are somebody with all of them. */
const nobody: RunOptions = process.getuid?.() === 0 ? { uid: 65_534 } : {};

/** It says one line that names the fault, and ends with an exit code that is not 0. */
async function refuses(args: readonly string[], words: string, options?: RunOptions): Promise<void> {
  const program = run(args, options);
  const code = await program.ended;
  const lines = program.output().trim().split("\n");
  check(code !== 0 && typeof code === "number", `it ended with ${code}`);
  check(lines.length === 1 && lines[0]?.includes(words), `it said ${JSON.stringify(lines)}`);
}
