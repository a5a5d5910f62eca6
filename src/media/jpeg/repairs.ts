import type { ByteWindow } from "../byte-window.ts";
import type { Boundary } from "../multipart/boundary.ts";
import type { PartHeaders } from "../multipart/part-headers.ts";
import type { Picture } from "./picture.ts";
import { RepairScanner } from "./repair-scanner.ts";
import type { RescanBudget } from "./rescan-budget.ts";
import type { JpegScanner } from "./scanner.ts";

/** Failed pictures in a row, without a good one, from which on a picture is repaired without a length that confirms its end. */
const repairAfter = 6;
/** Bytes that an unfinished delimiter may have: kept free, so that waiting for one takes no more memory. */
const maxDelimiter = 352;
/** Bytes that a delimiter may begin before its boundary: a line end, and dashes. */
const maxLead = 82;
/** Some servers count the line end behind a picture in its length. */
const lineEnd = 2;

/** How far the stream has come, for {@link Repairs.attempt}. */
export interface Progress {
  /** True if the scan has failed; false if it needs more bytes. */
  readonly hasFailed: boolean;
  /** True if no more bytes will come. */
  readonly ended: boolean;
  readonly boundary?: Boundary | undefined;
}

/**
 * Decides which pictures that break the rules are delivered all the same, because decoders show them.
 *
 * In a part whose Content-Length and delimiter agree, that is any picture that {@link RepairScanner} accepts. Elsewhere
 * it takes six failed pictures in a row, none of them good: then the camera makes them like that. A picture is looked at
 * only after the strict scan of it has failed, or has passed the end of its part, so good ones are never touched.
 */
export class Repairs {
  readonly #window: ByteWindow;
  readonly #budget: RescanBudget;
  readonly #maxFrameSize: number;
  #failures = 0;
  #part: PartHeaders | undefined;
  #searched = 0;
  #isDecided = false;
  #raw: RepairScanner | undefined;

  constructor(window: ByteWindow, budget: RescanBudget, maxFrameSize: number) {
    this.#window = window;
    this.#budget = budget;
    this.#maxFrameSize = maxFrameSize;
  }

  /** Counts a picture that was delivered as it came, or that was not delivered. */
  count(isGood: boolean): void {
    this.#failures = isGood ? 0 : this.#failures + 1;
  }

  /** Notes that the body of a part begins. */
  beginPart(part: PartHeaders): void {
    this.#part = part;
    this.#searched = part.end;
    this.#isDecided = false;
  }

  /** Notes that the part is over. */
  endPart(): void {
    this.#part = undefined;
  }

  /** Position at which the body of the present part begins; undefined outside of parts. */
  get bodyStart(): number | undefined {
    return this.#part?.end;
  }

  /** Position at which the present part ends by its headers; undefined if these do not tell. */
  get declaredEnd(): number | undefined {
    return this.#part?.length === undefined ? undefined : this.#part.end + this.#part.length;
  }

  /** Returns the picture to deliver in place of the one that was scanned, `"more"` if that takes more bytes, or undefined. */
  attempt(scanner: JpegScanner, progress: Progress): Picture | "more" | undefined {
    return this.#part && progress.boundary
      ? this.#attemptPart(scanner, { ...progress, boundary: progress.boundary })
      : this.#attemptRaw(scanner, progress);
  }

  #attemptPart({ start }: JpegScanner, progress: Required<Progress> & { boundary: Boundary }) {
    if (this.#isDecided) return undefined;
    const limit = this.#bodyEnd(start, progress);
    if (limit === "more") return limit;
    this.#isDecided = true;
    if (limit === undefined) return undefined;
    const scanner = new RepairScanner(start, { limit, isBounded: true });
    return toPicture(scanner, scanner.advance(this.#window));
  }

  #attemptRaw({ start }: JpegScanner, { hasFailed, ended }: Progress): Picture | "more" | undefined {
    if (!hasFailed || this.#failures < repairAfter) return undefined;
    this.#raw ??= new RepairScanner(start, { limit: start + this.#maxFrameSize - 2, isBounded: false });
    const scanner = this.#raw;
    let outcome = scanner.advance(this.#window);
    if (outcome === "more") {
      if (!ended) return outcome;
      outcome = scanner.finish();
    }
    this.#raw = undefined;
    const picture = toPicture(scanner, outcome);
    if (!picture) this.#budget.spend(scanner.position - start, this.#window.end);
    return picture;
  }

  /** Returns where the part's body ends, if that is certain enough, or `"more"`. The same whatever the chunks. */
  #bodyEnd(start: number, { boundary, hasFailed, ended }: Required<Progress> & { boundary: Boundary }) {
    const maxEnd = start + this.#maxFrameSize - maxDelimiter;
    const mayGuess = this.#failures >= repairAfter;
    const length = this.declaredEnd;
    const declared = length !== undefined && length <= maxEnd ? length : undefined;
    if (declared === undefined && !mayGuess) return undefined;
    const { end } = this.#window;
    if (!hasFailed && !ended && declared !== undefined && end < declared) return "more";

    const last = mayGuess || declared === undefined ? maxEnd : declared;
    const to = Math.min(end, last + lineEnd + maxLead);
    const found = boundary.find(this.#window, Math.max(this.#searched, start), to, ended);
    if (typeof found !== "number") {
      return mayGuess || (declared !== undefined && isAgreed(declared, found.start)) ? found.start : undefined;
    }
    this.#searched = Math.max(this.#searched, found);
    if (!ended) return found > last ? undefined : "more";
    const lastByte = this.#endOfLastLine(end);
    return mayGuess || (declared !== undefined && isAgreed(declared, lastByte)) ? lastByte : undefined;
  }

  /** Returns where the line end begins with which the stream ends, as a delimiter would have it. */
  #endOfLastLine(end: number): number {
    const { view } = this.#window;
    if (view.at(-1) !== 0x0a) return end;
    return view.at(-2) === 0x0d ? end - 2 : end - 1;
  }
}

/** Returns true if a part that ends at `declared` by its length ends there by the delimiter that begins at `position` too. */
function isAgreed(declared: number, position: number): boolean {
  return declared >= position && declared <= position + lineEnd;
}

function toPicture(scanner: RepairScanner, outcome: "more" | "end" | "open" | "failed"): Picture | undefined {
  if (outcome !== "end" && outcome !== "open") return undefined;
  const { start, position: end, firstScan, width, height, missingHuffmanTables } = scanner;
  const tablesAt = missingHuffmanTables ? firstScan : undefined;
  return { kind: "picture", start, end, tablesAt, isOpen: outcome === "open", width, height };
}
