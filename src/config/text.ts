import { createReadStream } from "node:fs";
import { ConfigurationError } from "./error.ts";

const maxBytes = 1024 * 1024; // bytes

/** The text of a configuration file. Throws a {@link ConfigurationError} if it cannot be read, is too large, or no text. */
export async function readText(file: string): Promise<string> {
  const fail = (why: string, cause?: unknown) => new ConfigurationError([`${file}: ${why}`], { cause });
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(file, { end: maxBytes })) {
      chunks.push(chunk);
      length += chunk.length;
    }
  } catch (error) {
    throw fail(whyUnread(error), error);
  }
  if (length > maxBytes) throw fail("it is larger than 1 MiB, and no configuration is");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await new Blob(chunks).arrayBuffer());
  } catch (error) {
    throw fail("it is no UTF-8 text; save it as UTF-8", error);
  }
}

function whyUnread(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a directory; name a file";
  if (code === "EACCES" || code === "EPERM") return "it may not be read";
  return error instanceof Error ? error.message : String(error);
}
