import { createRequire } from "node:module";
import type { Socket } from "node:net";
import process from "node:process";
import type { Connection, SendQueue } from "../../session/connection.ts";
import { architectures, type SocketCalls, unacknowledged } from "../tcp-info.ts";

/** The newest reading of one connection's send queue. */
interface Reading {
  readonly descriptor: number;
  unacknowledged: number | undefined;
  /** Milliseconds of `performance.now()`. */
  time: number;
}

const readings = new Set<Reading>();

/**
 * Returns a function that reads the send queue of a socket from the kernel; undefined where that is not possible, which is
 * everywhere but on Linux.
 *
 * The system call is short, but slow when it comes alone between two frames, with cold caches. So a caller that accepts
 * a reading some milliseconds old refreshes the readings of all connections at once.
 */
export function sendQueue(socket: Socket): Connection["queue"] {
  const descriptor = descriptorOf(socket);
  if (!calls || descriptor === undefined) return undefined;
  const own: Reading = { descriptor, unacknowledged: undefined, time: Number.NEGATIVE_INFINITY };
  readings.add(own);
  socket.once("close", () => readings.delete(own));
  return (maxAge = 0): SendQueue | undefined => {
    if (socket.destroyed) return undefined;
    const now = performance.now();
    if (maxAge <= 0) refresh(own, now);
    else if (now - own.time > maxAge) for (const reading of readings) refresh(reading, now);
    return own.unacknowledged === undefined ? undefined : { unacknowledged: own.unacknowledged };
  };
}

function refresh(reading: Reading, now: number): void {
  reading.unacknowledged = calls && unacknowledged(calls, reading.descriptor);
  reading.time = now;
}

const calls = load();

/** Loads the call by koffi, because Node has no foreign functions before version 26. */
function load(): Pick<SocketCalls, "ioctl"> | undefined {
  if (process.platform !== "linux" || !architectures.includes(process.arch)) return undefined;
  try {
    const koffi: typeof import("koffi").default = createRequire(import.meta.url)("koffi");
    return { ioctl: koffi.load(null).func("int ioctl(int descriptor, unsigned long request, void *value)") };
  } catch {
    return undefined;
  }
}

/** Reads the descriptor from the socket's handle: undocumented, but there on every version, for TLS too. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { _handle?: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
