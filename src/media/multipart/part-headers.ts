import type { ByteWindow } from "../byte-window.ts";

const maxBytes = 8 * 1024;
const maxLines = 32;
const lineFeed = 0x0a;
const decoder = new TextDecoder();

/** What a part's headers say of its body. */
export interface PartHeaders {
  /** The position behind the empty line. */
  readonly end: number;
  /** Whether the body is a JPEG; a part without a type is taken for one. */
  readonly jpeg: boolean;
  /** When another teecam captured it, in microseconds since the epoch; only together with `upstream`. */
  readonly timestamp?: number;
  /** Its sequence at that teecam. */
  readonly upstream?: number;
}

/**
 * Reads the headers of a part, from behind the delimiter line through the empty line; nothing while they are unfinished.
 *
 * Content-Length is not even looked at: the JPEG's own end decides. X-Timestamp (seconds.microseconds) counts only
 * beside X-Sequence, since other servers send one of another meaning. A line end may be LF alone. Throws a RangeError
 * for more than 8 KiB or 32 lines. Source: RFC 2046, 5.1.
 */
export function readPartHeaders(window: ByteWindow, start: number): PartHeaders | undefined {
  const { view, base } = window;
  const values = new Map<string, string>();
  let from = start - base;
  for (let lines = 0; ; lines++) {
    const lf = view.indexOf(lineFeed, from);
    if ((lf < 0 ? view.length : lf + 1) > start - base + maxBytes) throw tooLong(`${maxBytes} bytes`);
    if (lf < 0) return undefined;
    const line = decoder.decode(view.subarray(from, lf)).trim();
    from = lf + 1;
    if (line === "") return { end: base + from, jpeg: isJpeg(values.get("content-type")), ...origin(values) };
    if (lines === maxLines) throw tooLong(`${maxLines} lines`);
    const colon = line.indexOf(":");
    if (colon > 0) values.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

function tooLong(limit: string): RangeError {
  return new RangeError(`Cannot parse multipart: part headers of more than ${limit}`);
}

function isJpeg(type = "image/jpeg"): boolean {
  return /^image\/(x-|p)?jpe?g\b/i.test(type);
}

function origin(values: ReadonlyMap<string, string>): { timestamp: number; upstream: number } | undefined {
  const time = /^(\d{1,10})\.(\d{1,6})$/.exec(values.get("x-timestamp") ?? "");
  const sequence = /^\d{1,15}$/.exec(values.get("x-sequence") ?? "");
  if (!time || !sequence) return undefined;
  const [, seconds = "", fraction = ""] = time;
  return { timestamp: Number(seconds) * 1e6 + Number(fraction.padEnd(6, "0")), upstream: Number(sequence[0]) };
}
