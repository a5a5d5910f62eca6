import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { ConfigurationError } from "./error.ts";

const maxBytes = 1024 * 1024; // bytes

/** Reads a configuration file. Throws a {@link ConfigurationError} if it cannot be read, is too large, or is not text. */
export async function readText(file: string): Promise<string> {
  const fail = (why: string, cause?: unknown) => new ConfigurationError([`${file}: ${why}`], { cause });
  let bytes: Uint8Array;
  try {
    bytes = await readFile(file, maxBytes);
  } catch (error) {
    throw fail(describeReadError(error), error);
  }
  if (bytes.length > maxBytes) throw fail("larger than 1 MiB, the maximum for a configuration file");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw fail("not UTF-8 text; save it as UTF-8", error);
  }
}

/**
 * Reads at most `maxBytes` and one more byte of a file. Throws for a pipe or a device, which could block for ever.
 */
export async function readFile(file: string, maxBytes: number): Promise<Uint8Array> {
  const stats = await stat(file);
  if (!stats.isFile() && !stats.isDirectory()) throw new Error("is a pipe or a device, not a file");
  const bytes = new Uint8Array(maxBytes + 1);
  let length = 0;
  for await (const chunk of createReadStream(file, { end: maxBytes })) {
    bytes.set(chunk, length);
    length += chunk.length;
  }
  return bytes.subarray(0, length);
}

function describeReadError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "is a directory, not a file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
