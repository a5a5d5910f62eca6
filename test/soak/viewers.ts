import { spawn } from "node:child_process";
import { connect as dial } from "node:net";
import { WebSocket } from "ws";
import { signalGroup } from "../fixtures/processes.ts";
import type { Random } from "../fuzz/random.ts";

/** A viewer of the soak, well behaved or not. */
export interface Viewer {
  readonly kind: string;
  /** Whether it has stopped reading, on purpose. */
  readonly stalled: boolean;
  /** Whether the connection has ended, whoever ended it. */
  readonly over: boolean;
  /** Stops reading, and keeps the connection. */
  stall(): void;
  /** Goes on reading. */
  resume(): void;
  /** Closes the connection, or resets it. */
  leave(how: "politely" | "abruptly"): void;
  /** The frames it has received, where the subprotocol tells. */
  readonly received?: Received;
}

/** The frames that a viewer by `teecam.v1` has received. */
export interface Received {
  /** Its session, once the server has named it. */
  readonly session: string | undefined;
  readonly cameras: readonly string[];
  /** Frames of each camera. */
  readonly frames: ReadonlyMap<string, number>;
  /** Frames whose sequence was not higher than the one before. */
  readonly disordered: number;
  /** The ages of the latest frames when they came, in milliseconds. */
  readonly ages: readonly number[];
}

/** Connects a viewer of a random kind. */
export function connect(url: string, cameras: readonly string[], random: Random): Viewer {
  const camera = random.pick(cameras);
  const some = cameras.filter(() => random.chance(0.6));
  switch (random.below(6)) {
    case 0:
    case 1:
      return overHttp(url, camera, random.pick(["", "?fps=3", "?frames=20", "?advance_headers=1"]));
    case 2:
      return overSocket(url, camera);
    case 3:
      return inProcess(url, camera);
    case 4:
      return multiplexed(url, some, { fps: random.pick([undefined, 2]) });
    default:
      return multiplexed(url, some, { ackAfter: random.pick([0, 0, 50, 400]) });
  }
}

/** Watches /stream by a bare socket. */
function overHttp(url: string, camera: string, query: string): Viewer {
  const { hostname, port } = new URL(url);
  const socket = dial(Number(port), hostname);
  const viewer = { ...base(`mjpeg${query}`), stall, resume, leave };
  socket.on("error", () => {});
  socket.on("close", () => {
    viewer.over = true;
  });
  socket.on("data", () => {});
  socket.write(`GET /cameras/${camera}/stream${query} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  return viewer;
  function stall() {
    viewer.stalled = true;
    socket.pause();
  }
  function resume() {
    viewer.stalled = false;
    socket.resume();
  }
  function leave(how: "politely" | "abruptly") {
    if (how === "abruptly") socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** Watches in a process of its own, which can be stopped as a whole, so that its end of the connection falls silent. */
function inProcess(url: string, camera: string): Viewer {
  const { hostname, port } = new URL(url);
  const ask = `GET /cameras/${camera}/stream HTTP/1.1\\r\\nHost: ${hostname}\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/${hostname}/${port} && printf '${ask}' >&3 && exec cat <&3`;
  const child = spawn("bash", ["-c", script], { stdio: ["ignore", "ignore", "ignore"], detached: true });
  const viewer = { ...base("program"), stall, resume, leave };
  child.once("error", end).once("exit", end);
  return viewer;
  function end() {
    viewer.over = true;
  }
  function stall() {
    viewer.stalled = true;
    signalGroup(child.pid ?? 0, "SIGSTOP");
  }
  function resume() {
    viewer.stalled = false;
    signalGroup(child.pid ?? 0, "SIGCONT");
  }
  function leave() {
    signalGroup(child.pid ?? 0, "SIGKILL");
  }
}

/** Watches one camera by WebSocket. */
function overSocket(url: string, camera: string): Viewer {
  const socket = new WebSocket(`${url.replace("http", "ws")}/cameras/${camera}/ws`);
  return socketViewer("websocket", socket);
}

/** Watches many cameras on one connection, with acknowledgements after so many milliseconds, or without. */
export function multiplexed(
  url: string,
  cameras: readonly string[],
  { fps, ackAfter }: { readonly fps?: number | undefined; readonly ackAfter?: number },
): Viewer & { readonly received: Received } {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "teecam.v1");
  const ack = ackAfter !== undefined;
  const sequences = new Map<string, number>();
  const received = {
    session: undefined as string | undefined,
    cameras,
    frames: new Map<string, number>(),
    disordered: 0,
    ages: [] as number[],
  };
  const say = (message: unknown) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(message));
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (!isBinary) {
      const told = JSON.parse(String(data));
      if (told.type !== "hello") return;
      received.session = told.session;
      say({ type: "subscribe", cameras: cameras.filter((camera) => told.cameras.includes(camera)), fps, ack });
      return;
    }
    const { camera, sequence, timestamp } = JSON.parse(data.subarray(2, 2 + data.readUInt16BE(0)).toString());
    if (sequence <= (sequences.get(camera) ?? -1)) received.disordered++;
    sequences.set(camera, sequence);
    received.frames.set(camera, (received.frames.get(camera) ?? 0) + 1);
    received.ages.push(Date.now() - timestamp / 1000);
    if (received.ages.length > 1000) received.ages.shift();
    if (ackAfter === 0) say({ type: "ack", camera, sequence });
    else if (ackAfter !== undefined) setTimeout(say, ackAfter, { type: "ack", camera, sequence });
  });
  const kind = `teecam.v1${ack ? ` with acks after ${ackAfter} ms` : ""}${fps ? ` at ${fps} fps` : ""}`;
  return Object.assign(socketViewer(kind, socket), { received });
}

function socketViewer(kind: string, socket: WebSocket): Viewer {
  const viewer = { ...base(kind), stall, resume, leave };
  socket.on("error", () => {});
  socket.on("close", () => {
    viewer.over = true;
  });
  return viewer;
  function stall() {
    if (socket.readyState !== socket.OPEN) return;
    viewer.stalled = true;
    socket.pause();
  }
  function resume() {
    viewer.stalled = false;
    if (socket.readyState === socket.OPEN) socket.resume();
  }
  function leave(how: "politely" | "abruptly") {
    if (how === "abruptly" || viewer.stalled) socket.terminate();
    else socket.close();
  }
}

const base = (kind: string) => ({ kind, stalled: false, over: false });
