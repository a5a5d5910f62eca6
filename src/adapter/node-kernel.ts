import { createRequire } from "node:module";
import type { Socket } from "node:net";
import process from "node:process";
import { architectures, type Calls, unacknowledged } from "./kernel.ts";

/** Tells what the kernel holds for a connection, or undefined where nobody tells: elsewhere than on Linux. */
export function sendQueue(socket: Socket): (() => { readonly unacknowledged: number } | undefined) | undefined {
  const descriptor = descriptorOf(socket);
  if (!calls || descriptor === undefined) return undefined;
  return () => {
    const bytes = socket.destroyed || !calls ? undefined : unacknowledged(calls, descriptor);
    return bytes === undefined ? undefined : { unacknowledged: bytes };
  };
}

const calls = load();

/** Node has no such calls, and no loader of its own before 26; where koffi has no build either, there are none. */
function load(): Pick<Calls, "ioctl"> | undefined {
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
