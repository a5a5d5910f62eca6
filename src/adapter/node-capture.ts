import { spawn as spawnChild } from "node:child_process";
import { createRequire } from "node:module";
import { connect, createServer, type Socket } from "node:net";
import process from "node:process";
import { type Readable, Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { CaptureRuntime } from "../capture/capture.ts";
import type { ExitStatus, Process, Spawn } from "../capture/command.ts";
import type { Connection, Dial, Listen } from "../capture/tcp.ts";
import { Warden } from "./warden.ts";

const warden = new Warden((argv, onExit) => {
  const [program, ...rest] = argv;
  if (process.platform === "win32") throw new Error("there are no process groups on Windows");
  const child = spawnChild(program, rest, { cwd: "/", env: {}, detached: true, stdio: ["pipe", "ignore", "ignore"] });
  child.once("error", onExit);
  child.once("exit", onExit);
  if (child.pid === undefined) throw new Error(`${program} cannot be started`);
  const stdin: Writable & { unref?(): void } = child.stdin; // a socket, in fact
  stdin.on("error", () => {}); // it is gone, as `onExit` tells
  stdin.unref?.();
  child.unref();
  return { write: (text) => void stdin.write(text) };
});
process.on("exit", () => {
  for (const pid of warden.groups) killGroup(pid, "SIGKILL");
});

/** Starts a program in a process group of its own. */
export const spawn: Spawn = ([program, ...rest], { env, stdin = false } = {}) => {
  return new Promise<Process>((resolve, reject) => {
    const child = spawnChild(program, rest, {
      detached: true,
      stdio: [stdin ? "pipe" : "ignore", "pipe", "pipe"],
      windowsHide: true,
      env: { ...process.env, ...env, ...warden.variables },
    });
    const unguarded = child.pid === undefined ? undefined : warden.guard(child.pid);
    const exited = new Promise<ExitStatus>((settle) => child.once("exit", (code, signal) => settle({ code, signal })));
    child.once("error", (error) => reject(cannotSpawn(program, error)));
    child.once("spawn", () => {
      const pid = child.pid ?? 0;
      void exited.then(() => warden.release(pid));
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
    // it is gone already
  }
}

/** Opens a listening socket for writers. */
export const listen: Listen = ({ hostname, port }) => {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve(
        new ReadableStream<Connection>({
          start(controller) {
            server.on("connection", (socket) => controller.enqueue(writer(socket)));
            server.on("error", (error) => controller.error(error));
          },
          cancel: () => void server.close(),
        }),
      );
    });
  });
};

/** Opens a connection to a peer that sends pictures. */
export const dial: Dial = ({ hostname, port }, signal) => {
  return new Promise((resolve, reject) => {
    const socket = connect(port, hostname);
    const abort = () => void socket.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(writer(socket));
    });
    socket.once("close", () => signal.removeEventListener("abort", abort));
  });
};

function writer(socket: Socket): Connection {
  socket.setKeepAlive(true, 1000);
  socket.on("error", () => {}); // the stream tells it
  return { readable: readableStream(socket), remote: `${socket.remoteAddress}:${socket.remotePort}` };
}

/** Standard input. */
export const stdin = (): ReadableStream<Uint8Array> => readableStream(process.stdin);

/** The command line that runs a module of ours as a program of its own. */
export const program: CaptureRuntime["program"] = (module, { memory, imports } = {}) => {
  const heap = memory === undefined ? [] : [`--max-old-space-size=${Math.ceil(memory / 2 ** 20)}`];
  const isTypeScript = [module, imports].some((url) => url !== undefined && /\.[cm]?ts$/.test(url.pathname));
  const stripsTypes = "typescript" in process.features && process.features.typescript !== false; // Node 22.18 and later
  const tsx = () => pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  const loader = isTypeScript && !stripsTypes ? ["--import", tsx()] : [];
  return [process.execPath, "--disable-warning=ExperimentalWarning", ...heap, ...loader, fileURLToPath(module)];
};

/** `Readable.toWeb` copies every chunk; this does not, and reads no further ahead than the stream itself. */
function readableStream(readable: Readable): ReadableStream<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = readable.iterator({ destroyOnReturn: true });
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void readable.destroy(),
    },
    { highWaterMark: 0 },
  );
}
