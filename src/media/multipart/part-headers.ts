import type { ByteWindow } from "../byte-window.ts";
import { SOI } from "../jpeg/segment.ts";

const maxBytes = 8 * 1024;
const maxLines = 32;
const lineFeed = 0x0a;
const decoder = new TextDecoder();

/** The headers of a part that matter for its body. */
export interface PartHeaders {
  /** Position after the empty line. */
  readonly end: number;
  /** Content-Length, if there is one that is a number. It is a hint: other bytes may follow. */
  readonly length?: number | undefined;
  /** Facts about the frame at another teecam, if it comes from one. */
  readonly upstream?: Upstream | undefined;
}

/** Facts about a frame at the teecam that it comes from, in the headers of its part. */
export interface Upstream {
  /** Capture time by the clock there, in microseconds since the epoch. */
  readonly timestamp: number;
  /** Its number there. */
  readonly sequence: number;
  /** Milliseconds since its capture, when it was sent. */
  readonly age: number;
  /** True if it was sent before. */
  readonly repeated: boolean;
}

/**
 * Reads the headers of a part, from the end of the delimiter line through the empty line. Returns undefined while they
 * are unfinished.
 *
 * Ignores Content-Type: the bytes tell what is in a part. X-Timestamp (seconds.microseconds) counts only together with
 * X-Sequence, because other servers send one with another meaning. A line may end with LF alone, and the empty line may be
 * missing before a JPEG. Throws a `RangeError`
 * for more than 8 KiB or 32 lines. Source: RFC 2046, 5.1.
 */
export function readPartHeaders(window: ByteWindow, start: number): PartHeaders | undefined {
  const { view, base } = window;
  const values = new Map<string, string>();
  let from = start - base;
  for (let lines = 0; ; lines++) {
    if (lines > 0 && view[from] === 0xff && view[from + 1] === SOI) return headersOf(values, base + from);
    const lf = view.indexOf(lineFeed, from);
    if ((lf < 0 ? view.length : lf + 1) > start - base + maxBytes) throw tooLong(`${maxBytes} bytes`);
    if (lf < 0) return undefined;
    const line = decoder.decode(view.subarray(from, lf)).trim();
    from = lf + 1;
    if (line === "") return headersOf(values, base + from);
    if (lines === maxLines) throw tooLong(`${maxLines} lines`);
    const colon = line.indexOf(":");
    if (colon > 0) values.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
}

function headersOf(values: ReadonlyMap<string, string>, end: number): PartHeaders {
  return { end, length: readLength(values), upstream: readUpstream((name) => values.get(name)) };
}

function tooLong(limit: string): RangeError {
  return new RangeError(`Cannot parse multipart: part headers of more than ${limit}`);
}

function readLength(values: ReadonlyMap<string, string>): number | undefined {
  const length = Number(values.get("content-length") ?? Number.NaN);
  return Number.isSafeInteger(length) && length > 0 ? length : undefined;
}

/** Returns the facts about a frame from another teecam, by headers with names in lower case; undefined if it comes from none. */
export function readUpstream(header: (name: string) => string | undefined): Upstream | undefined {
  const time = /^(\d{1,10})\.(\d{1,6})$/.exec(header("x-timestamp") ?? "");
  const sequence = /^\d{1,15}$/.exec(header("x-sequence") ?? "");
  if (!time || !sequence) return undefined;
  const [, seconds = "", fraction = ""] = time;
  const [age = "0"] = /^\d{1,9}(\.\d{1,6})?$/.exec(header("x-age") ?? "") ?? [];
  return {
    timestamp: Number(seconds) * 1e6 + Number(fraction.padEnd(6, "0")),
    sequence: Number(sequence[0]),
    age: Number(age) * 1000,
    repeated: header("x-repeated") === "1",
  };
}
