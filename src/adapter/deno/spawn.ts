import type { SourceRuntime } from "../../source/driver.ts";
import type { ExitStatus, Spawn } from "../../source/process.ts";
import type { Connection, Dial, Listen } from "../../source/tcp.ts";
import { OrphanReaper } from "../orphan-reaper.ts";

const warden = new OrphanReaper((argv, onExit) => {
  const [command, ...args] = argv;
  if (Deno.build.os === "windows") throw new Error("there are no process groups on Windows");
  if (Deno.permissions.querySync({ name: "run", command }).state !== "granted") {
    throw new Error(`this needs --allow-run=${command}`); // and nobody is to be asked for it
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
  writer.closed.catch(() => {}); // it is gone, as `onExit` tells
  return { write: (text) => void writer.write(new TextEncoder().encode(text)).catch(() => {}) };
});
(globalThis as unknown as EventTarget).addEventListener("unload", () => {
  for (const pid of warden.groups) killGroup(pid, "SIGKILL");
});

/** Starts a program in a process group of its own. */
export const spawn: Spawn = async ([program, ...rest], { env = {}, stdin = false } = {}) => {
  const variables = { ...env, ...warden.variables };
  const child = startChild(program, { args: rest, env: variables, stdin: stdin ? "piped" : "null" });
  const unguarded = warden.guard(child.pid);
  const exited = child.status.then(({ code, signal }): ExitStatus => {
    warden.release(child.pid);
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
    // it is gone already
  }
}

/** Opens a listening socket for writers. */
export const listen: Listen = async ({ hostname, port }) => {
  const listener = await openListener({ hostname, port });
  return new ReadableStream<Connection>(
    {
      async pull(controller) {
        try {
          controller.enqueue(writer(await listener.accept()));
        } catch (error) {
          controller.error(error);
        }
      },
      cancel: () => listener.close(),
    },
    { highWaterMark: 0 },
  );
};

/** One that was closed just now, such as that of a camera which is replaced, lets go of its port a moment later. */
async function openListener(address: { hostname: string; port: number }): Promise<Deno.TcpListener> {
  for (let attempt = 1; ; attempt++) {
    try {
      return Deno.listen(address);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse) || attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, betweenAttempts));
    }
  }
}

const attempts = 4;
const betweenAttempts = 20; // milliseconds

/** Opens a connection to a peer that sends pictures. */
export const dial: Dial = async ({ hostname, port }, signal) => writer(await Deno.connect({ hostname, port, signal }));

function writer(connection: Deno.TcpConn): Connection {
  connection.setKeepAlive(true);
  const { hostname, port } = connection.remoteAddr;
  return { readable: connection.readable, remote: `${hostname}:${port}` };
}

/** Standard input. */
export const stdin = (): ReadableStream<Uint8Array> => Deno.stdin.readable;

/** The command line that runs a module of ours as a program of its own. */
export const program: SourceRuntime["program"] = (module, { memory, trusted = false } = {}) => [
  Deno.execPath(),
  ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-env", "--allow-sys", "--allow-ffi"],
  ...(memory === undefined ? [] : [`--v8-flags=--max-old-space-size=${Math.ceil(memory / 2 ** 20)}`]),
  ...(trusted ? (["net", "run", "write"] as const).filter(isGranted).map((name) => `--allow-${name}`) : []),
  decodeURIComponent(module.pathname),
];

function isGranted(name: "net" | "run" | "write"): boolean {
  return Deno.permissions.querySync({ name }).state === "granted";
}
