import { spawn as spawnChild } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { type Readable, Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ExitStatus, Process, Spawn } from "../../source/process.ts";
import type { Adapter } from "../adapter.ts";
import { OrphanReaper } from "../orphan-reaper.ts";
import { readableStream } from "./readable-stream.ts";

const reaper = new OrphanReaper((argv, onExit) => {
  const [program, ...rest] = argv;
  if (process.platform === "win32") throw new Error("Windows has no process groups");
  const child = spawnChild(program, rest, { cwd: "/", env: {}, detached: true, stdio: ["pipe", "ignore", "ignore"] });
  child.once("error", onExit);
  child.once("exit", onExit);
  if (child.pid === undefined) throw new Error(`cannot start ${program}`);
  const stdin: Writable & { unref?(): void } = child.stdin; // a socket, in fact
  stdin.on("error", () => {}); // the child has exited, and `onExit` is called for that
  stdin.unref?.();
  child.unref();
  return { write: (text) => void stdin.write(text) };
});
process.on("exit", () => {
  for (const pid of reaper.groups) killGroup(pid, "SIGKILL");
});

/** Has this process killed after so many milliseconds, by the process that also kills its orphans. */
export const killAfter: Adapter["killAfter"] = (milliseconds) => reaper.killAfter(process.pid, milliseconds);

/** Starts a program by `node:child_process`. */
export const spawn: Spawn = ([program, ...rest], { cwd, env, stdin = false } = {}) => {
  return new Promise<Process>((resolve, reject) => {
    const child = spawnChild(program, rest, {
      cwd,
      detached: true,
      stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"],
      windowsHide: true,
      env: { ...process.env, ...env, ...reaper.variables },
    });
    const unguarded = child.pid === undefined ? undefined : reaper.guard(child.pid);
    const exited = new Promise<ExitStatus>((settle) => child.once("exit", (code, signal) => settle({ code, signal })));
    child.once("error", (error) => reject(cannotSpawn(program, error)));
    child.once("spawn", () => {
      const pid = child.pid ?? 0;
      void exited.then(() => reaper.release(pid));
      resolve({
        unguarded,
        stdout: readableStream(child.stdout as Readable),
        stderr: readableStream(child.stderr as Readable),
        stdin: child.stdin ? Writable.toWeb(child.stdin) : undefined,
        exited,
        kill: (signal) => killGroup(pid, signal),
      });
    });
  });
};

function cannotSpawn(program: string, error: NodeJS.ErrnoException): Error {
  const why =
    error.code === "ENOENT" ? "command not found" : error.code === "EACCES" ? "permission denied" : error.message;
  return new Error(`${program}: ${why}`, { cause: error });
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(process.platform === "win32" ? pid : -pid, signal);
  } catch {
    // it has ended already
  }
}

/** Returns the command line that runs a module on this Node.js, through tsx where Node does not strip types itself. */
export const program: Adapter["program"] = (module, { memory, imports } = {}) => {
  const heap = memory === undefined ? [] : [`--max-old-space-size=${Math.ceil(memory / 2 ** 20)}`];
  const isTypeScript = [module, imports].some((url) => url !== undefined && /\.[cm]?ts$/.test(url.pathname));
  const stripsTypes = "typescript" in process.features && process.features.typescript !== false; // Node 22.18 and later
  const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const loader = isTypeScript && !stripsTypes ? ["--import", tsx()] : [];
  return [process.execPath, "--disable-warning=ExperimentalWarning", ...heap, ...loader, fileURLToPath(module)];
};
