import { spawn } from "node:child_process";
import { connect } from "node:net";
import { WebSocket } from "ws";
import { signalGroup } from "../fixtures/processes.ts";
import type { Random } from "../fuzz/random.ts";

/** Somebody who watches, well or badly. */
export interface Guest {
  readonly kind: string;
  /** Whether it has stopped to read, on purpose. */
  readonly stalled: boolean;
  /** Whether the connection has ended, by whomever. */
  readonly over: boolean;
  /** Stops reading, and keeps the connection. */
  stall(): void;
  /** Goes on reading. */
  resume(): void;
  /** Ends the connection as it should be, or without a word. */
  leave(how: "politely" | "abruptly"): void;
  /** What it has been sent, where the subprotocol tells. */
  readonly account?: Account;
}

/** What a viewer by `teecam.v1` has seen. */
export interface Account {
  /** Its session, once it was told. */
  readonly session: string | undefined;
  readonly cameras: readonly string[];
  /** Frames of each camera. */
  readonly received: ReadonlyMap<string, number>;
  /** Frames whose sequence was not higher than the one before. */
  readonly disordered: number;
  /** The ages of the latest frames when they came, in milliseconds. */
  readonly ages: readonly number[];
}

/** A viewer of another kind each time. */
export function invite(url: string, cameras: readonly string[], random: Random): Guest {
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
function overHttp(url: string, camera: string, query: string): Guest {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const guest = { ...base(`mjpeg${query}`), stall, resume, leave };
  socket.on("error", () => {});
  socket.on("close", () => {
    guest.over = true;
  });
  socket.on("data", () => {});
  socket.write(`GET /cameras/${camera}/stream${query} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\n\r\n`);
  return guest;
  function stall() {
    guest.stalled = true;
    socket.pause();
  }
  function resume() {
    guest.stalled = false;
    socket.resume();
  }
  function leave(how: "politely" | "abruptly") {
    if (how === "abruptly") socket.resetAndDestroy();
    else socket.destroy();
  }
}

/** Watches by a program of its own, which can be stopped as a whole: then even its kernel's end falls silent for us. */
function inProcess(url: string, camera: string): Guest {
  const { hostname, port } = new URL(url);
  const ask = `GET /cameras/${camera}/stream HTTP/1.1\\r\\nHost: ${hostname}\\r\\n\\r\\n`;
  const script = `exec 3<>/dev/tcp/${hostname}/${port} && printf '${ask}' >&3 && exec cat <&3`;
  const child = spawn("bash", ["-c", script], { stdio: ["ignore", "ignore", "ignore"], detached: true });
  const guest = { ...base("program"), stall, resume, leave };
  child.once("error", end).once("exit", end);
  return guest;
  function end() {
    guest.over = true;
  }
  function stall() {
    guest.stalled = true;
    signalGroup(child.pid ?? 0, "SIGSTOP");
  }
  function resume() {
    guest.stalled = false;
    signalGroup(child.pid ?? 0, "SIGCONT");
  }
  function leave() {
    signalGroup(child.pid ?? 0, "SIGKILL");
  }
}

/** Watches one camera by WebSocket. */
function overSocket(url: string, camera: string): Guest {
  const socket = new WebSocket(`${url.replace("http", "ws")}/cameras/${camera}/ws`);
  return socketGuest("websocket", socket);
}

/** Watches many cameras on one connection, with acknowledgements after so many milliseconds, or without. */
export function multiplexed(
  url: string,
  cameras: readonly string[],
  { fps, ackAfter }: { readonly fps?: number | undefined; readonly ackAfter?: number },
): Guest & { readonly account: Account } {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "teecam.v1");
  const ack = ackAfter !== undefined;
  const sequences = new Map<string, number>();
  const account = {
    session: undefined as string | undefined,
    cameras,
    received: new Map<string, number>(),
    disordered: 0,
    ages: [] as number[],
  };
  const say = (message: unknown) => socket.readyState === socket.OPEN && socket.send(JSON.stringify(message));
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (!isBinary) {
      const told = JSON.parse(String(data));
      if (told.type !== "hello") return;
      account.session = told.session;
      say({ type: "subscribe", cameras: cameras.filter((camera) => told.cameras.includes(camera)), fps, ack });
      return;
    }
    const { camera, sequence, timestamp } = JSON.parse(data.subarray(2, 2 + data.readUInt16BE(0)).toString());
    if (sequence <= (sequences.get(camera) ?? -1)) account.disordered++;
    sequences.set(camera, sequence);
    account.received.set(camera, (account.received.get(camera) ?? 0) + 1);
    account.ages.push(Date.now() - timestamp / 1000);
    if (account.ages.length > 1000) account.ages.shift();
    if (ackAfter === 0) say({ type: "ack", camera, sequence });
    else if (ackAfter !== undefined) setTimeout(say, ackAfter, { type: "ack", camera, sequence });
  });
  const kind = `teecam.v1${ack ? ` with acks after ${ackAfter} ms` : ""}${fps ? ` at ${fps} fps` : ""}`;
  return Object.assign(socketGuest(kind, socket), { account });
}

function socketGuest(kind: string, socket: WebSocket): Guest {
  const guest = { ...base(kind), stall, resume, leave };
  socket.on("error", () => {});
  socket.on("close", () => {
    guest.over = true;
  });
  return guest;
  function stall() {
    if (socket.readyState !== socket.OPEN) return;
    guest.stalled = true;
    socket.pause();
  }
  function resume() {
    guest.stalled = false;
    if (socket.readyState === socket.OPEN) socket.resume();
  }
  function leave(how: "politely" | "abruptly") {
    if (how === "abruptly" || guest.stalled) socket.terminate();
    else socket.close();
  }
}

const base = (kind: string) => ({ kind, stalled: false, over: false });
