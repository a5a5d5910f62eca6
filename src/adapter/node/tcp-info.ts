import { createRequire } from "node:module";
import type { Server, Socket } from "node:net";
import process from "node:process";
import type { Connection, SendQueue } from "../../session/connection.ts";
import { architectures, type Kernel, type SocketCalls, setUserTimeout, unacknowledged } from "../tcp-info.ts";
import { descriptorLimit } from "./fd-limit.ts";

/** The newest reading of one connection's send queue. */
interface Reading {
  readonly descriptor: number;
  unacknowledged: number | undefined;
  /** Milliseconds of `performance.now()`. */
  time: number;
  /** Number of the round in which it was last requested. */
  round: number;
}

/** The readings that callers accept some milliseconds old. */
const shared = new Set<Reading>();
let round = 0;

/**
 * Returns a function that reads the send queue of a socket from the kernel; undefined where that is not possible, which is
 * everywhere but on Linux.
 *
 * The system call is short, but slow when it comes alone between two frames, with cold caches. So for a caller that
 * accepts a reading some milliseconds old, it also refreshes the readings that were last requested in the same round:
 * those of the viewers of the same camera, because each frame begins a round.
 */
function sendQueue(socket: Socket): Connection["queue"] {
  const descriptor = descriptorOf(socket);
  if (!calls || descriptor === undefined) return undefined;
  const own: Reading = { descriptor, unacknowledged: undefined, time: Number.NEGATIVE_INFINITY, round: 0 };
  let isClosed = false;
  socket.once("close", () => {
    isClosed = true;
    shared.delete(own);
  });
  return (maxAge = 0): SendQueue | undefined => {
    if (isClosed) return undefined;
    const now = performance.now();
    if (maxAge <= 0) refresh(own, now);
    else refreshShared(own, { now, maxAge });
    return own.unacknowledged === undefined ? undefined : { unacknowledged: own.unacknowledged };
  };
}

function refreshShared(own: Reading, { now, maxAge }: { readonly now: number; readonly maxAge: number }): void {
  if (now - own.time > maxAge) {
    const last = own.round;
    round++;
    shared.add(own);
    for (const reading of shared) if (reading.round === last) refresh(reading, now);
  }
  own.round = round;
}

function refresh(reading: Reading, now: number): void {
  reading.unacknowledged = calls && unacknowledged(calls, reading.descriptor);
  reading.time = now;
}

/** Linux, as far as Node tells the descriptors of its sockets. */
export const kernel: Kernel = {
  descriptorLimit,
  acceptsAfterExhaustion: true,
  queue: sendQueue,
  endUnanswered(server, milliseconds) {
    const descriptor = descriptorOf(server);
    if (calls && descriptor !== undefined) setUserTimeout(calls, descriptor, milliseconds);
    else server.on("connection", (socket: Socket) => socket.setKeepAlive(true, milliseconds / 2));
  },
};

const calls = load();

/** Loads the calls by koffi, because Node has no foreign functions before version 26. */
function load(): Pick<SocketCalls, "ioctl" | "setsockopt"> | undefined {
  if (process.platform !== "linux" || !architectures.includes(process.arch)) return undefined;
  try {
    const koffi: typeof import("koffi").default = createRequire(import.meta.url)("koffi");
    const library = koffi.load(null);
    return {
      ioctl: library.func("int ioctl(int descriptor, unsigned long request, void *value)"),
      setsockopt: library.func("int setsockopt(int descriptor, int level, int option, void *value, uint32_t length)"),
    };
  } catch {
    return undefined;
  }
}

/** Reads the descriptor from the socket's handle: undocumented, but there on every version, for TLS too. */
function descriptorOf(socket: Socket | Server): number | undefined {
  const { _handle: handle } = socket as unknown as { _handle?: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
