import { fstatSync } from "node:fs";
import { Socket } from "node:net";
import process from "node:process";
import type { Writable } from "node:stream";

/**
 * Opens standard output for large writes. Whoever calls this owns it, and no longer uses `process.stdout`.
 *
 * Deno's `process.stdout` stops the whole program, signals too, while a pipe is full; a socket over the same
 * descriptor does not, on either runtime. Files and terminals have no such socket, and are never full for long.
 */
export function openStdout(): Writable {
  const stat = fstatSync(1);
  if (!stat.isFIFO() && !stat.isSocket()) return process.stdout;
  return new Socket({ fd: 1, readable: false, writable: true });
}
