import type { Frame } from "../media/frame.ts";
import type { Position } from "../relay/branch-options.ts";

const boundary = "teecam";
const encoder = new TextEncoder();

/** Content-Type of a body of parts. The boundary is constant, so that one encoded part serves all viewers. */
export const contentType: string = `multipart/x-mixed-replace; boundary=${boundary}`;

/** The close delimiter of a body (RFC 2046, section 5.1.1). */
export const closeDelimiter: Uint8Array<ArrayBuffer> = encoder.encode(`--${boundary}--\r\n`);

const lineEnd = encoder.encode("\r\n");
const nextHeaders = encoder.encode(`\r\n--${boundary}\r\nContent-Type: image/jpeg\r\n\r\n`);
const end = encoder.encode(`\r\n--${boundary}--\r\n`);

const parts = new WeakMap<Frame, Uint8Array<ArrayBuffer>>();
const advanceParts = new WeakMap<Frame, Uint8Array<ArrayBuffer>>();

/** Encodes a frame as a part: headers, JPEG and line end. Encoded once and shared by all viewers: do not change it. */
export function part(frame: Frame): Uint8Array<ArrayBuffer> {
  return memoize(parts, frame, () => concat(partHeaders(frame), frame.data, lineEnd));
}

/**
 * Encodes a frame followed by the headers of the next part, for browsers, which paint a part when the next one begins. The
 * first frame has its own headers too; the last one is followed by the close delimiter. All others are shared, like
 * {@link part}.
 */
export function advancePart(frame: Frame, { first, last }: Position): Uint8Array<ArrayBuffer> {
  if (first || last) return concat(first ? partHeaders(frame) : empty, frame.data, last ? end : nextHeaders);
  return memoize(advanceParts, frame, () => concat(frame.data, nextHeaders));
}

/** Returns the capture time in seconds with six decimals, as uStreamer writes it. */
export function formatTimestamp({ timestamp }: Frame): string {
  const text = String(Math.trunc(timestamp)).padStart(7, "0");
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

function partHeaders(frame: Frame): Uint8Array<ArrayBuffer> {
  const lines = [
    `--${boundary}`,
    "Content-Type: image/jpeg",
    `Content-Length: ${frame.data.length}`,
    `X-Timestamp: ${formatTimestamp(frame)}`,
    `X-Sequence: ${frame.sequence}`,
    ...(frame.upstream === undefined ? [] : [`X-Source-Sequence: ${frame.upstream}`]),
  ];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

const empty = new Uint8Array();

function memoize(
  encoded: WeakMap<Frame, Uint8Array<ArrayBuffer>>,
  frame: Frame,
  encode: () => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const known = encoded.get(frame);
  if (known) return known;
  const bytes = encode();
  encoded.set(frame, bytes);
  return bytes;
}

function concat(...pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
