import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import type { Writable } from "node:stream";

/**
 * Opens standard output for large writes. The caller owns it and must not use `process.stdout` any more.
 *
 * While a pipe is full, Deno's `process.stdout` blocks the whole program, including its signal handlers. A socket on the
 * same descriptor does not, on either runtime. Files and terminals cannot have a socket, and never block for long.
 */
export function openStdout(): Writable {
  const stat = fstatSync(1);
  if (!stat.isFIFO() && !stat.isSocket()) return process.stdout;
  return new Socket({ fd: 1, readable: false, writable: true });
}
