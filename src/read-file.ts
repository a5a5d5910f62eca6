import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/**
 * Reads at most `maxBytes` and one more byte of a file. Throws for a pipe or a device, which could block or go on for ever.
 */
export async function readFile(file: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const stats = await stat(file);
  if (!stats.isFile() && !stats.isDirectory()) throw new Error("is a pipe or a device, not a file");
  const chunks: Uint8Array[] = [];
  for await (const chunk of createReadStream(file, { end: maxBytes })) chunks.push(chunk);
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
