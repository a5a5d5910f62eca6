import type { ByteWindow } from "../byte-window.ts";
import type { Boundary, Delimiter } from "../multipart/boundary.ts";
import type { DropReason, ParserCounters } from "../parser-stats.ts";
import { JpegScanner } from "./scanner.ts";
import { SOI } from "./segment.ts";

/** A whole JPEG in the window: positions of its SOI and behind its EOI. */
export interface Picture {
  readonly kind: "picture";
  readonly start: number;
  readonly end: number;
  /** Where the standard Huffman tables belong, if it came without any. */
  readonly tablesAt?: number;
  readonly width: number;
  readonly height: number;
}

const cr = 0x0d;
const lf = 0x0a;

/** Bytes that may be looked at again for each byte that comes in. */
const rescanRate = 4;

/**
 * Searches a window for whole JPEGs, and counts what it passes over.
 *
 * A walk that fails, or that leads through another part, may have swallowed good pictures with a wrong length, so the search goes on right behind the SOI
 * that failed. That is bounded: walks that fail may cost four times the bytes that came in, and four times
 * `maxFrameSize` (at least 1 MiB) at once. When that is spent, the search goes on where the walk failed instead.
 * The window must hold its bytes from `needed` on, which is never more than `maxFrameSize` from its end.
 */
export class FrameSearch {
  readonly #window: ByteWindow;
  readonly #counters: ParserCounters;
  readonly #maxFrameSize: number;
  readonly #maxCredit: number;
  #position = 0;
  #scanner: JpegScanner | undefined;
  #confirmed = 0;
  #thumbnailEnd = 0;
  #mpfOffsets: readonly number[] = [];
  #credit: number;
  #creditedTo = 0;

  constructor(window: ByteWindow, tally: ParserCounters, maxFrameSize: number) {
    this.#window = window;
    this.#counters = tally;
    this.#maxFrameSize = maxFrameSize;
    this.#maxCredit = rescanRate * Math.max(maxFrameSize, 256 * 1024);
    this.#credit = this.#maxCredit;
  }

  /** The first position that the search may still look at. */
  get needed(): number {
    return this.#position;
  }

  /**
   * Finds the next picture, or the next delimiter if a boundary is given and one comes first; nothing while more bytes
   * are needed. When the stream has `ended`, what is unfinished is dropped.
   */
  next(ended: boolean, boundary?: Boundary): Picture | Delimiter | undefined {
    for (;;) {
      if (!this.#scanner) {
        const soi = findSoi(this.#window, this.#position, this.#window.end);
        const delimiter = boundary && this.#delimiterBefore(soi.position, boundary, ended);
        if (delimiter) return delimiter;
        if (!boundary) this.#skip(soi.position);
        if (!soi.whole) {
          if (ended) this.#skip(this.#window.end);
          return undefined;
        }
        this.#scanner = new JpegScanner(soi.position, this.#maxFrameSize);
      }
      const walk = this.#scanner;
      const outcome = walk.advance(this.#window);
      if (outcome === "more" && !ended) return undefined;
      this.#scanner = undefined;
      const part = outcome === "end" ? boundary && this.#partWithin(walk, boundary) : undefined;
      if (part !== undefined) this.#failBefore(part, walk);
      else if (outcome !== "end") this.#fail(walk, outcome === "more" ? "truncated" : outcome);
      else if (this.#isPartOfAnother(walk)) this.#skip(walk.position);
      else return this.#take(walk);
    }
  }

  /** Finds the next delimiter, whatever pictures come first, and moves behind it; nothing while more bytes are needed. */
  delimiter(boundary: Boundary, ended: boolean): Delimiter | undefined {
    return this.#reach(boundary.find(this.#window, this.#position, this.#window.end, ended));
  }

  /** What looks like a delimiter inside a segment that is sure to be one is the text of a comment. */
  #delimiterBefore(to: number, boundary: Boundary, ended: boolean): Delimiter | undefined {
    const from = Math.max(this.#position, this.#confirmed);
    return this.#reach(boundary.find(this.#window, from, to, ended));
  }

  #reach(found: Delimiter | number): Delimiter | undefined {
    if (typeof found === "number") {
      this.#skip(found);
      return undefined;
    }
    this.#skip(found.start);
    this.passFraming(found.end);
    this.#mpfOffsets = []; // they are in the same part
    return found;
  }

  /** Moves on to `position`, over bytes that frame the parts. */
  passFraming(position: number): void {
    this.#counters.framing += position - this.#position;
    this.#position = position;
  }

  #skip(position: number): void {
    this.#counters.skipped += position - this.#position;
    this.#position = position;
  }

  #take(walk: JpegScanner): Picture {
    this.#position = walk.position;
    this.#confirmed = 0; // what failed before had confirmed by chance, if this stood in it
    if (walk.mpfOffsets.length > 0) this.#mpfOffsets = walk.mpfOffsets;
    const { start, position: end, firstScan, width, height } = walk;
    return { kind: "picture", start, end, tablesAt: walk.missingHuffmanTables ? firstScan : undefined, width, height };
  }

  /**
   * Whether a whole JPEG is none to deliver: the thumbnail of a picture that failed, or a further picture of a
   * Multi-Picture file. One with an index of its own is a first picture, though the one before named its place: a sender
   * between may have left out the further ones.
   */
  #isPartOfAnother(walk: JpegScanner): boolean {
    if (walk.position <= this.#thumbnailEnd) return true;
    return walk.mpfOffsets.length === 0 && this.#mpfOffsets.includes(walk.start);
  }

  #fail(walk: JpegScanner, reason: DropReason): void {
    const isThumbnail = walk.start < this.#thumbnailEnd;
    if (!isThumbnail) this.#counters.dropped[this.#isCutShort(walk, reason) ? "truncated" : reason]++;
    this.#confirmed = Math.max(this.#confirmed, walk.confirmed);
    this.#thumbnailEnd = Math.max(this.#thumbnailEnd, walk.thumbnailEnd);
    if (this.#spend(walk.position - walk.start)) {
      this.#counters.backtracks++;
      this.#skip(walk.start + 2);
    } else {
      this.#skip(walk.position);
    }
  }

  /**
   * Where another part begins inside of what looks like one picture: a segment was cut short just so that its length
   * leads to a marker of the part behind. No text of a comment has a delimiter, a part's headers and a SOI in it.
   */
  #partWithin({ start, lastOpaqueEnd }: JpegScanner, boundary: Boundary): number | undefined {
    const { view, base } = this.#window;
    let soi = { position: start, whole: boundary.known };
    for (let from = start; soi.whole; ) {
      const delimiter = boundary.find(this.#window, from, lastOpaqueEnd, true);
      if (typeof delimiter === "number") break;
      from = delimiter.end;
      if (soi.position < from) soi = findSoi(this.#window, from, lastOpaqueEnd); // else it stands behind this one too
      const [third, second, first] = view.subarray(soi.position - base - 3, soi.position - base);
      const isEmptyLine = first === lf && (second === lf || (second === cr && third === lf));
      if (soi.whole && isEmptyLine) return delimiter.start;
    }
    return undefined;
  }

  /** Drops what was cut short before a part, whole thumbnails in it included; with nothing left to spend, the part as well. */
  #failBefore(part: number, walk: JpegScanner): void {
    if (walk.start >= this.#thumbnailEnd) this.#counters.dropped.truncated++;
    this.#confirmed = 0;
    this.#thumbnailEnd = part;
    this.#skip(this.#spend(walk.position - walk.start) ? part : walk.position);
  }

  /** A segment that was cut short has, by its length, some of the next picture in it: that one's SOI shows it. */
  #isCutShort(walk: JpegScanner, reason: DropReason): boolean {
    if (reason !== "malformed") return false;
    const { view, base } = this.#window;
    const segment = view.subarray(walk.confirmed + 2 - base, walk.seen - base);
    for (let at = segment.indexOf(SOI); at >= 0; at = segment.indexOf(SOI, at + 1)) {
      if (segment[at - 1] === 0xff) return true;
    }
    return false;
  }

  #spend(bytes: number): boolean {
    const { end } = this.#window;
    this.#credit = Math.min(this.#maxCredit, this.#credit + rescanRate * (end - this.#creditedTo));
    this.#creditedTo = end;
    this.#credit -= bytes;
    if (this.#credit >= 0) return true;
    this.#credit = 0;
    return false;
  }
}

/** The next SOI with a marker behind it that begins before `to`; or else `to`, or a tail of it that may become one. */
function findSoi({ view, base, end }: ByteWindow, from: number, to: number): { position: number; whole: boolean } {
  const stop = to - base;
  for (let at = from - base; at < stop; at++) {
    if (view[at] !== 0xff) at = view.indexOf(0xff, at);
    if (at < 0 || at >= stop) break;
    const [second, third] = [view[at + 1] ?? SOI, view[at + 2] ?? 0xff];
    if (second === SOI && third === 0xff) return { position: base + at, whole: base + at + 3 <= end };
  }
  return { position: to, whole: false };
}
