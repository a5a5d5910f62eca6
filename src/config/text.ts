import { readFile } from "../read-file.ts";
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

function describeReadError(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "no such file";
  if (code === "EISDIR") return "is a directory, not a file";
  if (code === "EACCES" || code === "EPERM") return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
