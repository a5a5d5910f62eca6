import { jpegOf, SOI, segment } from "../media/jpeg-builder.ts";

const mark = Buffer.from("teecam-lag ");
const digits = { time: 16, size: 8 };
const stampLength = mark.length + digits.time + 1 + digits.size;
const offset = SOI.length + 4; // of the stamp in its JPEG: behind the segment's marker and length

/** Milliseconds since 1970 with a fraction: comparable between processes, which `performance.now()` is not. */
export function clock(): number {
  return performance.timeOrigin + performance.now();
}

/** Makes JPEGs of so many bytes that carry the time they were made at, in a comment right behind the SOI. */
export function stamper(size: number): () => Buffer {
  const comment = (time: number) =>
    segment(
      0xfe,
      `${mark}${String(Math.round(time * 1000)).padStart(digits.time)} ${String(size).padStart(digits.size)}`,
    );
  const rest = jpegOf(size - 4 - stampLength).subarray(SOI.length);
  return () => Buffer.concat([Buffer.from(SOI), comment(clock()), rest]);
}

/** What a {@link StampScanner} tells of the JPEGs that come by. */
export interface StampListener {
  /** A JPEG begins, made at `time`, of so many bytes. */
  begin(time: number, size: number): void;
  /** Its last byte has come. */
  end(): void;
}

/**
 * Finds stamped JPEGs in whatever bytes they come in.
 *
 * The end is counted from the beginning, so a few bytes of framing in between (chunks, fragments) bring it forward by as
 * many, which is no time at all.
 */
export class StampScanner {
  readonly #listener: StampListener;
  #tail = Buffer.alloc(0); // where half a stamp may be
  #left = 0; // bytes to the end of the JPEG

  constructor(listener: StampListener) {
    this.#listener = listener;
  }

  push(chunk: Buffer): void {
    let rest = this.#tail.length > 0 ? Buffer.concat([this.#tail, chunk]) : chunk;
    for (;;) {
      const skipped = Math.min(this.#left, rest.length);
      rest = rest.subarray(skipped);
      this.#left -= skipped;
      if (skipped > 0 && this.#left === 0) this.#listener.end();
      const at = this.#left > 0 ? -1 : rest.indexOf(mark);
      if (at < 0 || rest.length < at + stampLength) break;
      const [time, size] = rest
        .toString("latin1", at + mark.length, at + stampLength)
        .trim()
        .split(/ +/)
        .map(Number);
      if (!time || !size) throw new Error("Cannot read a stamp: its bytes came changed");
      this.#listener.begin(time / 1000, size);
      this.#left = size - offset - stampLength;
      rest = rest.subarray(at + stampLength);
    }
    this.#tail = this.#left > 0 ? Buffer.alloc(0) : Buffer.from(rest.subarray(-stampLength));
  }
}
