import type { ByteReader } from "./byte-reader.ts";
import type { Head } from "./head.ts";

/** The end of a body: after `length` bytes, with the last chunk, or when the connection closes. */
export type Framing =
  | { readonly by: "length"; readonly length: number }
  | { readonly by: "chunks"; readonly length: number }
  | { readonly by: "close"; readonly length: number };

const maxChunkLine = 1024;
const maxTrailers = 64;
const maxBlanks = 16; // before the size of a chunk
/** Milliseconds for bytes to arrive after the declared length; a body that is declared as empty may begin late. */
const grace = { afterBody: 50, afterNothing: 1000 };

/**
 * Returns how the end of the body is found; `length` is Infinity if the head declares none.
 *
 * An invalid length, several different ones, and one of 0 for a multipart stream are treated as no length. Source: RFC
 * 9112, section 6.3.
 */
export function framingOf({ status, fields }: Head): Framing {
  if (status === 204 || status === 304) return { by: "length", length: 0 };
  const declared = new Set(fields.get("content-length")?.flatMap((value) => value.split(/\s*,\s*/)));
  const [text = ""] = declared;
  const isStream = fields.get("content-type")?.some((type) => /^multipart\/x-mixed-replace/i.test(type)) ?? false;
  const isValid = declared.size === 1 && /^\d{1,15}$/.test(text) && !(isStream && Number(text) === 0);
  const length = isValid ? Number(text) : Number.POSITIVE_INFINITY;
  if (fields.get("transfer-encoding")?.join().toLowerCase().includes("chunked")) return { by: "chunks", length };
  return { by: length === Number.POSITIVE_INFINITY ? "close" : "length", length };
}

/** Options for {@link readBody}. */
export interface BodyOptions {
  readonly framing: Framing;
  /** Called once, when the body has been read or cancelled; with `whole`, the connection can be used again. */
  readonly onEnd: (whole: boolean) => void;
  /** Called when the body continues after its declared length; it is then read until the connection closes. @default none */
  readonly onOverrun?: (() => void) | undefined;
}

/** Returns the next bytes; at the end, `whole` for a complete body, or `cut` if the connection closed early. */
type Next = () => Promise<Uint8Array | "whole" | "cut">;

/**
 * Returns a body as a stream, which the caller reads to its end or cancels. Nothing is read ahead, whatever the length.
 *
 * It closes without an error when the connection closes early: a truncated picture is found by the parser. A body that
 * is declared as chunked but does not begin with a chunk is read unchanged, and so is one that continues after its
 * declared length.
 */
export function readBody(reader: ByteReader, { framing, onEnd, onOverrun }: BodyOptions): ReadableStream<Uint8Array> {
  const next = framing.by === "chunks" ? chunks(reader, framing.length) : plain(reader, framing.length, onOverrun);
  let ended = false;
  const end = (whole: boolean) => {
    if (!ended) onEnd(whole);
    ended = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const piece = await next();
          if (piece instanceof Uint8Array) return controller.enqueue(piece);
          end(piece === "whole");
          controller.close();
        } catch (error) {
          end(false);
          throw error;
        }
      },
      cancel: () => end(false),
    },
    { highWaterMark: 0 },
  );
}

function plain(reader: ByteReader, length: number, onOverrun?: () => void): Next {
  let left = length;
  return async () => {
    if (left === 0) {
      if (!onOverrun || !(await continues(reader, length === 0 ? grace.afterNothing : grace.afterBody))) return "whole";
      onOverrun();
      left = Number.POSITIVE_INFINITY;
    }
    const piece = await reader.chunk(left);
    if (!piece) return "cut";
    left -= piece.length;
    return piece;
  };
}

/** Tells whether bytes arrive that are neither line ends nor another response, which nobody has requested. */
async function continues(reader: ByteReader, milliseconds: number): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (await reader.arrives(Math.max(0, end - performance.now()))) {
    const [byte] = await reader.peek(1);
    if (byte !== 0x0d && byte !== 0x0a) return byte !== undefined && byte !== 0x48; // "H"
    reader.skip(1);
  }
  return false;
}

function chunks(reader: ByteReader, length: number): Next {
  let left: number | undefined; // bytes left in the current chunk
  let fallback: Next | undefined;
  return async () => {
    if (fallback) return fallback();
    if (!left) {
      const size = await readSize(reader, left === undefined);
      if (size === undefined && left === undefined) {
        fallback = plain(reader, length);
        return fallback();
      }
      if (size === undefined) return "cut";
      if (size === 0) return (await skipTrailers(reader)) ? "whole" : "cut";
      left = size;
    }
    const piece = await reader.chunk(left);
    if (!piece) return "cut";
    left -= piece.length;
    return piece;
  };
}

/** Reads the size of the next chunk, after the line end of the previous one; returns undefined if there is none. */
async function readSize(reader: ByteReader, isFirst: boolean): Promise<number | undefined> {
  const start = await reader.peek(1);
  if (!isFirst && start.length > 0 && (start[0] === 0x0d || start[0] === 0x0a)) await reader.line(2);
  let blanks = 0;
  while (blanks < maxBlanks && isBlank((await reader.peek(blanks + 1))[blanks])) blanks++;
  const peeked = String.fromCharCode((await reader.peek(blanks + 1))[blanks] ?? 0);
  if (!/[0-9a-f]/i.test(peeked)) return undefined; // consumes nothing, so that the bytes can be read as a plain body
  const line = await reader.line(maxChunkLine);
  const [, size] = /^[ \t]*([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line ?? "") ?? [];
  if (size === undefined && line !== undefined) throw new Error("a chunk of the response has no valid size");
  return size === undefined ? undefined : Number.parseInt(size, 16);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09;
}

async function skipTrailers(reader: ByteReader): Promise<boolean> {
  for (let lines = 0; lines < maxTrailers; lines++) {
    const line = await reader.line(maxChunkLine);
    if (line === undefined) return false;
    if (line.trim() === "") return true;
  }
  return false;
}
