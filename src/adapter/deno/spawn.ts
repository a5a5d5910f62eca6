import type { ExitStatus, Spawn } from "../../source/process.ts";
import type { Adapter } from "../adapter.ts";
import { OrphanReaper } from "../orphan-reaper.ts";

const reaper = new OrphanReaper((argv, onExit) => {
  const [command, ...args] = argv;
  if (Deno.build.os === "windows") throw new Error("Windows has no process groups");
  if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") {
    throw new Error(`starting ${command} needs --allow-run=${command}`); // starting it would prompt for that
  }
  const child = new Deno.Command(command, {
    args,
    cwd: "/",
    clearEnv: true,
    detached: true,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  child.unref();
  void child.status.then(onExit);
  const writer = child.stdin.getWriter();
  writer.closed.catch(() => {}); // the child has exited, and `onExit` is called for that
  return { write: (text) => void writer.write(new TextEncoder().encode(text)).catch(() => {}) };
});
(globalThis as unknown as EventTarget).addEventListener("unload", () => {
  for (const pid of reaper.groups) killGroup(pid, "SIGKILL");
});

/** Has this process killed after so many milliseconds, by the process that also kills its orphans. */
export const killAfter: Adapter["killAfter"] = (milliseconds) => reaper.killAfter(Deno.pid, milliseconds);

/** Starts a program by `Deno.Command`. */
export const spawn: Spawn = async ([program, ...rest], { cwd, env = {}, stdin = false } = {}) => {
  const variables = { ...env, ...reaper.variables };
  const child = startChild(program, { args: rest, cwd, env: variables, stdin: stdin ? "piped" : "null" });
  const unguarded = reaper.guard(child.pid);
  const exited = child.status.then(({ code, signal }): ExitStatus => {
    reaper.release(child.pid);
    return { code: signal ? null : code, signal };
  });
  return {
    stdout: child.stdout,
    stderr: child.stderr,
    stdin: stdin ? child.stdin : undefined,
    exited,
    unguarded,
    kill: (signal) => killGroup(child.pid, signal),
  };
};

function startChild(program: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(program, { ...options, stdout: "piped", stderr: "piped", detached: true }).spawn();
  } catch (error) {
    const why =
      error instanceof Deno.errors.NotFound
        ? "command not found"
        : error instanceof Deno.errors.PermissionDenied
          ? "permission denied"
          : String(error);
    throw new Error(`${program}: ${why}`, { cause: error });
  }
}

function killGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    Deno.kill(Deno.build.os === "windows" ? pid : -pid, signal);
  } catch {
    // it has ended already
  }
}

/** Returns the command line that runs a module by `deno run`; one that is not trusted gets no network, programs or writing. */
export const program: Adapter["program"] = (module, { memory, trusted = false } = {}) => [
  Deno.execPath(),
  ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys", "--allow-ffi"],
  ...(memory === undefined ? [] : [`--v8-flags=--max-old-space-size=${Math.ceil(memory / 2 ** 20)}`]),
  ...(trusted ? (["net", "run", "write"] as const).filter(isGranted).map((name) => `--allow-${name}`) : []),
  ...(module.protocol === "file:"
    ? [decodeURIComponent(module.pathname)]
    : [`--allow-import=${module.host}`, module.href]),
];

function isGranted(name: "net" | "run" | "write"): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}
