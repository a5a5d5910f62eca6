import { createRequire } from "node:module";
import type { Socket } from "node:net";
import process from "node:process";
import { architectures, type SocketCalls, unacknowledged } from "../tcp-info.ts";

/** A connection whose kernel is asked. */
interface Asked {
  readonly descriptor: number;
  /** What it said, and when in milliseconds of `performance.now()`. */
  bytes: number | undefined;
  at: number;
}

const asked = new Set<Asked>();

/**
 * Tells what the kernel holds for a connection, or undefined where nobody tells: elsewhere than on Linux.
 *
 * A call is short, but not between two frames, when everything it needs has left the processor's caches. So one that
 * comes when an answer of a few milliseconds ago would do asks for all connections at once.
 */
export function sendQueue(
  socket: Socket,
): ((maxAge?: number) => { readonly unacknowledged: number } | undefined) | undefined {
  const descriptor = descriptorOf(socket);
  if (!calls || descriptor === undefined) return undefined;
  const mine: Asked = { descriptor, bytes: undefined, at: Number.NEGATIVE_INFINITY };
  asked.add(mine);
  socket.once("close", () => asked.delete(mine));
  return (maxAge = 0) => {
    if (socket.destroyed) return undefined;
    const now = performance.now();
    if (maxAge <= 0) ask(mine, now);
    else if (now - mine.at > maxAge) for (const each of asked) ask(each, now);
    return mine.bytes === undefined ? undefined : { unacknowledged: mine.bytes };
  };
}

function ask(connection: Asked, now: number): void {
  connection.bytes = calls && unacknowledged(calls, connection.descriptor);
  connection.at = now;
}

const calls = load();

/** Node has no such calls, and no loader of its own before 26; where koffi has no build either, there are none. */
function load(): Pick<SocketCalls, "ioctl"> | undefined {
  if (process.platform !== "linux" || !architectures.includes(process.arch)) return undefined;
  try {
    const koffi: typeof import("koffi").default = createRequire(import.meta.url)("koffi");
    return { ioctl: koffi.load(null).func("int ioctl(int descriptor, unsigned long request, void *value)") };
  } catch {
    return undefined;
  }
}

/** The handle has it on every version, TLS included, though only the handle of a server is documented. */
function descriptorOf(socket: Socket): number | undefined {
  const { _handle: handle } = socket as { _handle?: { fd?: number } | null };
  return handle?.fd !== undefined && handle.fd >= 0 ? handle.fd : undefined;
}
