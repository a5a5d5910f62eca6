// Builds small JPEGs with correct markers and lengths, but entropy-coded data that cannot be decoded.

/** Concatenates bytes and texts in UTF-8. */
export function join(...parts: (Iterable<number> | string)[]): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const bytes = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : Uint8Array.from(part)));
  const whole = new Uint8Array(bytes.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Builds a segment: marker, length, payload. */
export function segment(marker: number, payload: Iterable<number> | string): Uint8Array<ArrayBuffer> {
  const bytes = join(payload);
  return join([0xff, marker, (bytes.length + 2) >> 8, (bytes.length + 2) & 255], bytes);
}

export const SOI: readonly number[] = [0xff, 0xd8];
export const EOI: readonly number[] = [0xff, 0xd9];
export const DQT: Uint8Array<ArrayBuffer> = segment(0xdb, [0, ...new Array<number>(64).fill(1)]);
export const DHT: Uint8Array<ArrayBuffer> = segment(0xc4, [0, 1, ...new Array<number>(15).fill(0), 0]);
export const SCAN: Uint8Array<ArrayBuffer> = segment(0xda, [1, 1, 0, 0, 63, 0]);

/** Builds a greyscale frame header with 8 bits per sample. */
export function sof(width: number, height: number, marker = 0xc0): Uint8Array<ArrayBuffer> {
  return segment(marker, [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0]);
}

/** Options for {@link jpeg}. */
export interface JpegParts {
  /** Segments after the SOI. @default JFIF */
  before?: Iterable<number>;
  /** The frame header. @default 16 by 8 */
  frame?: Iterable<number>;
  /** Huffman tables. @default one */
  tables?: Iterable<number>;
  /** Everything from the entropy-coded data to the EOI. @default some, with FF 00 and RST0 */
  scan?: Iterable<number>;
}

export const JFIF: Uint8Array<ArrayBuffer> = segment(0xe0, "JFIF\0\x01\x01\0\0\x01\0\x01\0\0");

/** Builds a whole JPEG. */
export function jpeg({
  before = JFIF,
  frame = sof(16, 8),
  tables = DHT,
  scan,
}: JpegParts = {}): Uint8Array<ArrayBuffer> {
  return join(SOI, before, DQT, frame, tables, SCAN, scan ?? [1, 2, 0xff, 0, 3, 0xff, 0xd0, 4, 5], EOI);
}

/** Builds a JPEG of `size` bytes. Its entropy-coded data, with FF 00 in places, depends only on the seed. */
export function jpegOf(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const scan = new Uint8Array(size - jpeg({ scan: [] }).length);
  let state = seed;
  for (let at = 0; at < scan.length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    scan[at] = scan[at - 1] === 0xff ? 0 : state >>> 24;
  }
  if (scan.at(-1) === 0xff) scan[scan.length - 1] = 0;
  return jpeg({ scan });
}

/** Options for {@link part}. */
export interface PartOptions {
  /** @default frame */
  boundary?: string;
  /** Header lines. @default Content-Type: image/jpeg */
  headers?: string[];
  /** @default CRLF */
  lineEnd?: string;
}

/** Builds a part: delimiter line, headers, body, line end. */
export function part(body: Iterable<number> | string, options: PartOptions = {}): Uint8Array<ArrayBuffer> {
  const { boundary = "frame", headers = ["Content-Type: image/jpeg"], lineEnd = "\r\n" } = options;
  return join([`--${boundary}`, ...headers, "", ""].join(lineEnd), body, lineEnd);
}
