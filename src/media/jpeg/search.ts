import type { ByteWindow } from "../byte-window.ts";
import type { Boundary, Delimiter } from "../multipart/boundary.ts";
import type { PartHeaders } from "../multipart/part-headers.ts";
import type { DropReason, ParserCounters } from "../parser-stats.ts";
import { findPartInside, findSoi, hasSoiInFailedSegment } from "./cut-short.ts";
import type { Picture } from "./picture.ts";
import { Repairs } from "./repairs.ts";
import { RescanBudget } from "./rescan-budget.ts";
import { JpegScanner, type ScanOutcome } from "./scanner.ts";
import { SOI } from "./segment.ts";

/**
 * Searches a window for whole JPEGs, and counts the bytes it skips.
 *
 * A scan that fails, or that runs into another part, may have swallowed good pictures because of a wrong length, so the
 * search then continues right after the SOI of the failed one. A {@link RescanBudget} bounds this: when it is spent, the
 * search continues where the scan failed instead. What {@link Repairs} makes of a failed scan comes before that. The
 * window must keep its bytes from `needed` on, which is never more than `maxFrameSize` from its end.
 */
export class FrameSearch {
  readonly #window: ByteWindow;
  readonly #counters: ParserCounters;
  readonly #maxFrameSize: number;
  readonly #budget: RescanBudget;
  readonly #repairs: Repairs;
  #position = 0;
  #scanner: JpegScanner | undefined;
  /** Outcome of a scan that has failed, while its repair takes more bytes. */
  #failure: ScanOutcome | undefined;
  #hasSoi = false;
  #confirmed = 0;
  #thumbnailEnd = 0;
  #mpfOffsets: readonly number[] = [];

  constructor(window: ByteWindow, counters: ParserCounters, maxFrameSize: number) {
    this.#window = window;
    this.#counters = counters;
    this.#maxFrameSize = maxFrameSize;
    this.#budget = new RescanBudget(maxFrameSize);
    this.#repairs = new Repairs(window, this.#budget, maxFrameSize);
  }

  /** First position that the search may still read. */
  get needed(): number {
    return this.#position;
  }

  /** True if a picture began in the present part, good or not. */
  get hasSoi(): boolean {
    return this.#hasSoi;
  }

  /** Moves on to the body of a part, over its headers. */
  beginPart(part: PartHeaders): void {
    this.passFraming(part.end);
    this.#repairs.beginPart(part);
    this.#hasSoi = false;
  }

  /**
   * Finds the next picture, or the next delimiter if a boundary is given and one comes first. Returns undefined while
   * more bytes are needed. When the stream has `ended`, an unfinished picture is dropped.
   */
  next(ended: boolean, boundary?: Boundary): Picture | Delimiter | undefined {
    for (;;) {
      if (!this.#scanner) {
        const soi = this.#soiOfPart() ?? findSoi(this.#window, { from: this.#position, to: this.#window.end });
        const delimiter = boundary && this.#delimiterBefore(soi.position, boundary, ended);
        if (delimiter) return delimiter;
        if (!boundary) this.#skip(soi.position);
        if (!soi.whole) {
          if (ended) this.#skip(this.#window.end);
          return undefined;
        }
        this.#scanner = new JpegScanner(soi.position, this.#maxFrameSize);
        this.#hasSoi = true;
      }
      const scanner = this.#scanner;
      const outcome = this.#failure ?? scanner.advance(this.#window);
      const repaired = this.#repair(scanner, outcome, { ended, boundary });
      if (repaired === "more") return undefined;
      this.#scanner = this.#failure = undefined;
      if (repaired) return this.#takeRepaired(repaired);
      const part =
        outcome === "end" ? boundary && findPartInside(scanner, { window: this.#window, boundary }) : undefined;
      if (part !== undefined) this.#failBefore(part, scanner);
      else if (outcome !== "end") this.#fail(scanner, outcome === "more" ? "truncated" : outcome);
      else if (this.#isEmbedded(scanner)) this.#skip(scanner.position);
      else return this.#take(scanner);
    }
  }

  /** Returns the SOI that a part begins with, which counts whatever follows it. */
  #soiOfPart(): { position: number; whole: boolean } | undefined {
    const { view, base } = this.#window;
    const position = this.#position;
    const at = position - base;
    if (position !== this.#repairs.bodyStart || view[at] !== 0xff || view[at + 1] !== SOI) return undefined;
    return { position, whole: view[at + 2] !== undefined };
  }

  /** Finds the next delimiter, past any pictures, and moves after it. Returns undefined while more bytes are needed. */
  delimiter(boundary: Boundary, ended: boolean): Delimiter | undefined {
    return this.#moveTo(boundary.find(this.#window, this.#position, this.#window.end, ended));
  }

  /** Finds a delimiter before `to`, except inside confirmed segments, where it would be the text of a comment. */
  #delimiterBefore(to: number, boundary: Boundary, ended: boolean): Delimiter | undefined {
    const from = Math.max(this.#position, this.#confirmed);
    return this.#moveTo(boundary.find(this.#window, from, to, ended));
  }

  /** Returns a picture in place of one that fails, undefined if there is none, or `"more"` if either takes more bytes. */
  #repair(
    scanner: JpegScanner,
    outcome: ScanOutcome,
    { ended, boundary }: { readonly ended: boolean; readonly boundary: Boundary | undefined },
  ): Picture | "more" | undefined {
    const isWhole = outcome === "end" && !(scanner.position > (this.#repairs.declaredEnd ?? Number.POSITIVE_INFINITY));
    if (isWhole) return undefined;
    const hasFailed = outcome !== "more" || ended;
    const isThumbnail = scanner.start < this.#thumbnailEnd;
    const repaired = isThumbnail ? undefined : this.#repairs.attempt(scanner, { hasFailed, ended, boundary });
    if (outcome === "more" && !ended) return repaired ?? "more";
    if (repaired === "more") this.#failure = outcome;
    return repaired;
  }

  #moveTo(found: Delimiter | number): Delimiter | undefined {
    if (typeof found === "number") {
      this.#skip(found);
      return undefined;
    }
    this.#skip(found.start);
    this.passFraming(found.end);
    this.#repairs.endPart();
    this.#mpfOffsets = []; // its pictures are in the same part
    return found;
  }

  /** Moves on to `position` over bytes of boundaries and part headers, and counts them as `framing`. */
  passFraming(position: number): void {
    this.#counters.framing += position - this.#position;
    this.#position = position;
  }

  #skip(position: number): void {
    this.#counters.skipped += position - this.#position;
    this.#position = position;
  }

  #takeRepaired(picture: Picture): Picture {
    this.#position = picture.end;
    this.#confirmed = 0;
    this.#counters.repaired++;
    return picture;
  }

  #take(scanner: JpegScanner): Picture {
    this.#repairs.count(true);
    this.#position = scanner.position;
    this.#confirmed = 0; // a failed scan that contains this picture confirmed its segments by chance
    if (scanner.mpfOffsets.length > 0) this.#mpfOffsets = scanner.mpfOffsets;
    const { start, position: end, firstScan, width, height } = scanner;
    const isField = scanner.isField && height * 2 <= width; // some progressive cameras say so too
    return {
      kind: "picture",
      start,
      end,
      tablesAt: scanner.missingHuffmanTables ? firstScan : undefined,
      width,
      height,
      isField,
    };
  }

  /**
   * Returns true for a whole JPEG that is not delivered: the thumbnail of a picture that failed, or an additional
   * picture of a Multi-Picture file. One with an index of its own is a first picture, even at a position that the index
   * before it lists, because a proxy may have removed the additional pictures.
   */
  #isEmbedded(scanner: JpegScanner): boolean {
    if (scanner.position <= this.#thumbnailEnd) return true;
    return scanner.mpfOffsets.length === 0 && this.#mpfOffsets.includes(scanner.start);
  }

  #fail(scanner: JpegScanner, reason: DropReason): void {
    const isThumbnail = scanner.start < this.#thumbnailEnd;
    if (!isThumbnail) {
      const isCutShort = reason === "malformed" && hasSoiInFailedSegment(scanner, this.#window);
      this.#counters.dropped[isCutShort ? "truncated" : reason]++;
      this.#repairs.count(false);
    }
    this.#confirmed = Math.max(this.#confirmed, scanner.confirmed);
    this.#thumbnailEnd = Math.max(this.#thumbnailEnd, scanner.thumbnailEnd);
    if (this.#spend(scanner.position - scanner.start)) {
      this.#counters.backtracks++;
      this.#skip(scanner.start + 2);
    } else {
      this.#skip(scanner.position);
    }
  }

  /** Drops a picture that was cut short before a part, with its thumbnails; the part as well if no budget is left. */
  #failBefore(part: number, scanner: JpegScanner): void {
    if (scanner.start >= this.#thumbnailEnd) {
      this.#counters.dropped.truncated++;
      this.#repairs.count(false);
    }
    this.#confirmed = 0;
    this.#thumbnailEnd = part;
    this.#skip(this.#spend(scanner.position - scanner.start) ? part : scanner.position);
  }

  #spend(bytes: number): boolean {
    return this.#budget.spend(bytes, this.#window.end);
  }
}
