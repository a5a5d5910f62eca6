import type { Frame } from "../media/frame.ts";
import type { Position } from "../relay/branch-options.ts";

const boundary = "teecam";
const encoder = new TextEncoder();

/** The Content-Type of a body of parts. The boundary never changes, so that one encoded part serves all viewers. */
export const contentType: string = `multipart/x-mixed-replace; boundary=${boundary}`;

/** The end of a body of parts (RFC 2046, section 5.1.1). */
export const closeDelimiter: Uint8Array<ArrayBuffer> = encoder.encode(`--${boundary}--\r\n`);

const lineEnd = encoder.encode("\r\n");
const nextHead = encoder.encode(`\r\n--${boundary}\r\nContent-Type: image/jpeg\r\n\r\n`);
const noNext = encoder.encode(`\r\n--${boundary}--\r\n`);

const parts = new WeakMap<Frame, Uint8Array<ArrayBuffer>>();
const advanceParts = new WeakMap<Frame, Uint8Array<ArrayBuffer>>();

/** Returns a part: headers, JPEG and line end. Encoded once a frame and shared by all viewers: nobody may change it. */
export function part(frame: Frame): Uint8Array<ArrayBuffer> {
  return once(parts, frame, () => concat(partHead(frame), frame.data, lineEnd));
}

/**
 * Returns a frame with the next part's headers behind it, for browsers, which paint a part when the next one begins. The
 * first one carries its own headers too, and behind the last one comes the end. Shared like {@link part}, but for those two.
 */
export function advancePart(frame: Frame, { first, last }: Position): Uint8Array<ArrayBuffer> {
  if (first || last) return concat(first ? partHead(frame) : empty, frame.data, last ? noNext : nextHead);
  return once(advanceParts, frame, () => concat(frame.data, nextHead));
}

/** Returns the capture time in seconds with six decimals, as uStreamer writes it. */
export function formatTimestamp({ timestamp }: Frame): string {
  const text = String(Math.trunc(timestamp)).padStart(7, "0");
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

function partHead(frame: Frame): Uint8Array<ArrayBuffer> {
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

function once(
  made: WeakMap<Frame, Uint8Array<ArrayBuffer>>,
  frame: Frame,
  make: () => Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const before = made.get(frame);
  if (before) return before;
  const bytes = make();
  made.set(frame, bytes);
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
