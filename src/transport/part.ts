import type { Frame } from "../media/frame.ts";
import type { Position } from "../relay/branch-options.ts";

const boundary = "teecam";
const encoder = new TextEncoder();

/** Content-Type of a body of parts. The boundary is constant, so that one encoded part serves all viewers. */
export const contentType: string = `multipart/x-mixed-replace; boundary=${boundary}`;

/** The close delimiter of a body (RFC 2046, section 5.1.1). */
export const closeDelimiter: Uint8Array<ArrayBuffer> = encoder.encode(`--${boundary}--\r\n`);

/** Milliseconds by which the age in a part that is shared by viewers may be wrong. */
const ageTolerance = 20;

const lineEnd = encoder.encode("\r\n");
const nextHeaders = encoder.encode(`\r\n--${boundary}\r\nContent-Type: image/jpeg\r\n\r\n`);
const end = encoder.encode(`\r\n--${boundary}--\r\n`);

interface SharedPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly encodedAt: number;
}

const parts = new WeakMap<Frame, SharedPart>();
const advanceParts = new WeakMap<Frame, Uint8Array<ArrayBuffer>>();

/** Encodes a frame as a part: headers, JPEG and line end. Shared by the viewers that get it at the same time: do not change it. */
export function part(
  frame: Frame,
  { repeated }: Pick<Position, "repeated"> = { repeated: false },
): Uint8Array<ArrayBuffer> {
  if (repeated) return concat(partHeaders(frame, ["X-Repeated: 1"]), frame.data, lineEnd);
  const now = performance.now();
  const known = parts.get(frame);
  if (known && now - known.encodedAt <= ageTolerance) return known.bytes;
  const bytes = concat(partHeaders(frame), frame.data, lineEnd);
  parts.set(frame, { bytes, encodedAt: now });
  return bytes;
}

/** Encodes a frame as a part with additional headers. */
export function partWith(headers: readonly string[], frame: Frame, { repeated }: Position): Uint8Array<ArrayBuffer> {
  return concat(partHeaders(frame, repeated ? ["X-Repeated: 1", ...headers] : headers), frame.data, lineEnd);
}

/**
 * Encodes a frame followed by the headers of the next part, for browsers, which paint a part when the next one begins. The
 * first frame has its own headers too; the last one is followed by the close delimiter. All others are encoded once and
 * shared.
 */
export function advancePart(frame: Frame, { first, last, repeated }: Position): Uint8Array<ArrayBuffer> {
  const headers = first ? partHeaders(frame, repeated ? ["X-Repeated: 1"] : []) : empty;
  if (first || last) return concat(headers, frame.data, last ? end : nextHeaders);
  const known = advanceParts.get(frame);
  if (known) return known;
  const bytes = concat(frame.data, nextHeaders);
  advanceParts.set(frame, bytes);
  return bytes;
}

/** Returns the capture time in seconds with six decimals, as uStreamer writes it. */
export function formatTimestamp({ timestamp }: Frame): string {
  const text = String(Math.trunc(timestamp)).padStart(7, "0");
  return `${text.slice(0, -6)}.${text.slice(-6)}`;
}

/** Returns the age of a frame in seconds with three decimals: the time since its capture, on all machines that it came by. */
export function formatAge({ arrival }: Frame): string {
  return (Math.max(0, performance.now() - arrival) / 1000).toFixed(3);
}

function partHeaders(frame: Frame, more: readonly string[] = []): Uint8Array<ArrayBuffer> {
  const lines = [
    `--${boundary}`,
    "Content-Type: image/jpeg",
    `Content-Length: ${frame.data.length}`,
    `X-Timestamp: ${formatTimestamp(frame)}`,
    `X-Sequence: ${frame.sequence}`,
    `X-Age: ${formatAge(frame)}`,
    ...(frame.upstream === undefined ? [] : [`X-Source-Sequence: ${frame.upstream}`]),
    ...more,
  ];
  return encoder.encode(`${lines.join("\r\n")}\r\n\r\n`);
}

const empty = new Uint8Array();

function concat(...pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
