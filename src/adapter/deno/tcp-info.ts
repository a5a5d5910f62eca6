import type { Server, Socket } from "node:net";
import type { SendQueue } from "../../session/connection.ts";
import {
  acknowledged,
  architectures,
  type ConnectionKey,
  isConnection,
  isListening,
  type Kernel,
  reset,
  type SocketCalls,
  setUserTimeout,
  unacknowledged,
} from "../tcp-info.ts";
import { descriptorLimit } from "./fd-limit.ts";

/** A connection as the kernel knows it. */
export interface KernelConnection {
  /** Reads its send queue; undefined once the connection is gone. */
  queue(): SendQueue | undefined;
  /** Ends it at once and drops what the kernel holds; does nothing once it is gone. */
  reset(): void;
}

/** Linux, as far as `--allow-ffi` lets it be asked. */
export const kernel: Kernel = {
  descriptorLimit,
  acceptsAfterExhaustion: false,
  queue(socket) {
    const { remoteAddress, remotePort, localPort } = socket;
    calls ??= load();
    if (!calls || remoteAddress === undefined || remotePort === undefined || localPort === undefined) return undefined;
    const [all, key] = [calls, { remoteAddress, remotePort, localPort }];
    let known: number | undefined;
    return () => {
      if (socket.destroyed) return undefined;
      if (known === undefined) {
        const found = find(all, key);
        if (found === undefined) return undefined;
        known = found;
        taken.add(found);
        socket.once("close", () => taken.delete(found));
      }
      return readQueue(all, known);
    };
  },
  endUnanswered(server, milliseconds) {
    const descriptor = findListener(server);
    if (calls && descriptor !== undefined) setUserTimeout(calls, descriptor, milliseconds);
    else server.on("connection", (socket: Socket) => socket.setKeepAlive(true, milliseconds / 2));
  },
};

/**
 * Finds the kernel's side of a connection of a host's own Deno.serve; undefined outside Linux and without `--allow-ffi`.
 *
 * Deno does not expose the file descriptor, so the first use searches all of them for the connection.
 */
export function kernelConnection(key: ConnectionKey): KernelConnection | undefined {
  calls ??= load();
  if (!calls) return undefined;
  const all = calls;
  let known: number | undefined;
  let gone = false;
  const descriptor = (): number | undefined => {
    if (gone) return undefined;
    if (known === undefined || !isConnection(all, known, key)) {
      known = known === undefined ? find(all, key) : undefined; // a descriptor that was known does not change
      gone = known === undefined;
    }
    return known;
  };
  return {
    queue() {
      const at = descriptor();
      return at === undefined ? undefined : readQueue(all, at);
    },
    reset() {
      const at = descriptor();
      if (at !== undefined) reset(all, at);
    },
  };
}

function readQueue(calls: SocketCalls, descriptor: number): SendQueue | undefined {
  const waiting = unacknowledged(calls, descriptor);
  const received = acknowledged(calls, descriptor);
  return waiting === undefined || received === undefined
    ? undefined
    : { unacknowledged: waiting, total: received + waiting };
}

const taken = new Set<number>(); // descriptors of connections that have been found and are open
const maxDescriptor = 65_536;
const maxGap = 4096; // how far above the highest descriptor found so far the search goes

let calls: SocketCalls | null | undefined;
let highest = 0; // descriptor found so far

function load(): SocketCalls | null {
  const { os, arch } = Deno.build;
  if (os !== "linux" || !architectures.includes(arch)) return null;
  if (Deno.permissions.querySync({ name: "ffi" }).state !== "granted") return null;
  for (const library of ["libc.so.6", `libc.musl-${arch}.so.1`]) {
    try {
      const { symbols } = Deno.dlopen(library, {
        ioctl: { parameters: ["i32", "usize", "buffer"], result: "i32" },
        getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
        setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
        getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
        getsockname: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
        shutdown: { parameters: ["i32", "i32"], result: "i32" },
      });
      return { ...symbols, ioctl: (at, request, value) => symbols.ioctl(at, BigInt(request), value) } as SocketCalls;
    } catch {
      // another C library
    }
  }
  return null;
}

function findListener(server: Server): number | undefined {
  calls ??= load();
  const address = server.address();
  if (!calls || typeof address !== "object" || !address) return undefined;
  for (let descriptor = 3; descriptor < maxGap; descriptor++) {
    if (isListening(calls, descriptor, address.port)) return descriptor;
  }
  return undefined;
}

function find(calls: SocketCalls, key: ConnectionKey): number | undefined {
  const end = Math.min(highest + maxGap, maxDescriptor);
  for (let descriptor = 3; descriptor < end; descriptor++) {
    if (taken.has(descriptor) || !isConnection(calls, descriptor, key)) continue;
    highest = Math.max(highest, descriptor);
    return descriptor;
  }
  return undefined;
}
