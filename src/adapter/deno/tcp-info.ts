import {
  acknowledged,
  architectures,
  type ConnectionKey,
  isConnection,
  reset,
  type SocketCalls,
  unacknowledged,
} from "../tcp-info.ts";

/** What the kernel tells of a connection and does with it. */
export interface KernelConnection {
  queue(): { readonly unacknowledged: number; readonly total: number } | undefined;
  reset(): void;
}

/**
 * The kernel's side of a connection that Deno.serve has; undefined where it cannot be asked: elsewhere than on Linux, and
 * without `--allow-ffi`. Deno does not tell the descriptor, so it is looked for among all when it is first needed.
 */
export function kernelConnection(ends: ConnectionKey): KernelConnection | undefined {
  calls ??= load();
  if (!calls) return undefined;
  const all = calls;
  let known: number | undefined;
  let gone = false;
  const descriptor = (): number | undefined => {
    if (gone) return undefined;
    if (known === undefined || !isConnection(all, known, ends)) {
      known = known === undefined ? find(all, ends) : undefined; // one that was known does not move
      gone = known === undefined;
    }
    return known;
  };
  return {
    queue() {
      const at = descriptor();
      const left = at === undefined ? undefined : unacknowledged(all, at);
      const come = at === undefined ? undefined : acknowledged(all, at);
      return left === undefined || come === undefined ? undefined : { unacknowledged: left, total: come + left };
    },
    reset() {
      const at = descriptor();
      if (at !== undefined) reset(all, at);
    },
  };
}

const most = { descriptors: 65_536, ahead: 4096 };

let calls: SocketCalls | null | undefined;
let highest = 0; // descriptor of a connection so far

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

function find(calls: SocketCalls, ends: ConnectionKey): number | undefined {
  const end = Math.min(highest + most.ahead, most.descriptors);
  for (let descriptor = 3; descriptor < end; descriptor++) {
    if (!isConnection(calls, descriptor, ends)) continue;
    highest = Math.max(highest, descriptor);
    return descriptor;
  }
  return undefined;
}
