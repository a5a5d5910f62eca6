import type { ByteWindow } from "../byte-window.ts";
import { readMpfOffsets } from "./mpf.ts";
import * as segment from "./segment.ts";

/** How far a walk has come: it needs more bytes, it reached the EOI, or why it cannot go on. */
export type ScanOutcome = "more" | "end" | "truncated" | "malformed" | "oversize";

/**
 * Walks one JPEG from its SOI to its EOI, segment by segment, as the bytes come in.
 *
 * It looks at each byte once: a segment's length says where the next one begins, and in entropy-coded data only FF is
 * looked for. A search for FF D9 would stop inside EXIF thumbnails and comments. Positions are those of the window.
 * Source: ITU T.81, Annex B.
 */
export class JpegScanner {
  /** The position of the SOI. */
  readonly start: number;
  /** The position of the first SOS, 0 before it came. */
  firstScan = 0;
  /** Pixels, 0 before the SOF came. */
  width = 0;
  /** Pixels, 0 before the SOF came and where a DNL tells it. */
  height = 0;
  /** Positions of the further pictures that a Multi-Picture index names. */
  mpfOffsets: readonly number[] = [];
  /** The position behind the last APPn or comment, which may hold anything; 0 before one came. */
  lastOpaqueEnd = 0;
  /** The last marker that could stand where it stood: the segments before it are what they say. */
  confirmed: number;
  /** Up to here pictures are thumbnails: the end of the last confirmed segment that names itself. */
  thumbnailEnd = 0;
  /** The position behind what was looked at of the segment that failed. */
  seen = 0;

  readonly #limit: number;
  #position: number;
  #sof = 0;
  #tables = false;
  #named = false;
  #inScan = false;

  /** Begins behind the SOI at `start`; more than `maxFrameSize` bytes are too many. */
  constructor(start: number, maxFrameSize: number) {
    this.start = start;
    this.confirmed = start;
    this.#limit = start + maxFrameSize;
    this.#position = start + 2;
  }

  /** Where the walk goes on, where it failed, or the position behind the EOI. */
  get position(): number {
    return this.#position;
  }

  /** Whether a decoder would have to know the standard Huffman tables by heart: sequential, Huffman-coded, no DHT. */
  get missingHuffmanTables(): boolean {
    return !this.#tables && (this.#sof === 0xc0 || this.#sof === 0xc1);
  }

  /** Goes on as far as the window's bytes allow. */
  advance(window: ByteWindow): ScanOutcome {
    const { base, end } = window;
    // Bytes behind the limit are not looked at, so that the outcome is the same however the bytes come in.
    const view = end > this.#limit ? window.view.subarray(0, this.#limit - base) : window.view;
    let outcome: ScanOutcome | undefined;
    while (outcome === undefined)
      outcome = this.#inScan ? this.#passEntropy(view, base) : this.#passSegment(view, base);
    return outcome === "more" && end >= this.#limit ? "oversize" : outcome;
  }

  /** Entropy-coded data ends at the first marker that is neither a stuffed zero, a restart nor a fill byte. */
  #passEntropy(view: Uint8Array, base: number): ScanOutcome | undefined {
    let at = this.#position - base;
    for (;;) {
      if (view[at] !== 0xff) at = view.indexOf(0xff, at);
      if (at < 0) at = view.length;
      const marker = view[at + 1];
      if (marker === undefined) {
        this.#position = base + at;
        return "more";
      }
      if (marker === 0xff) at += 1;
      else if (segment.isEntropy(marker)) at += 2;
      else break;
    }
    this.#position = base + at;
    this.#inScan = false;
    return undefined;
  }

  #passSegment(view: Uint8Array, base: number): ScanOutcome | undefined {
    let at = this.#position - base;
    this.seen = this.#position + 1;
    if (at < view.length && view[at] !== 0xff) return "malformed";
    while (view[at + 1] === 0xff) at++; // fill bytes (T.81, B.1.1.2)
    this.#position = base + at;
    this.seen = this.#position + 2;

    const marker = view[at + 1];
    if (marker === undefined) return "more";
    if (marker === segment.EOI && this.firstScan > 0) {
      this.#position += 2;
      return "end";
    }
    if (marker !== segment.SOI && !this.#mayStand(marker)) return "malformed";
    this.#confirm();
    if (marker === segment.SOI) return "truncated";

    const high = view[at + 2];
    const low = view[at + 3];
    if (high === undefined || low === undefined) return "more";
    const length = (high << 8) | low;
    this.seen = this.#position + 4;
    if (!segment.isPlausibleLength(marker, length)) return "malformed";
    if (this.#position + 2 + length > this.#limit) return "oversize";
    if (at + 2 + length > view.length) return "more";

    this.seen = this.#position + 2 + length;
    const payload = view.subarray(at + 4, at + 2 + length);
    if (!segment.isPlausiblePayload(marker, payload)) return "malformed";
    this.#read(marker, payload);
    this.#position += 2 + length;
    return undefined;
  }

  /** One frame header, before the scans; everything else where T.81, figure B.2 has it. */
  #mayStand(marker: number): boolean {
    if (segment.isSof(marker)) return this.#sof === 0;
    if (marker === segment.SOS) return this.#sof !== 0;
    if (marker === segment.DNL) return this.firstScan > 0;
    return segment.isSegment(marker);
  }

  /** A marker that may stand where a segment ended shows that the segment's length was right. */
  #confirm(): void {
    this.confirmed = this.#position;
    if (this.#named) this.thumbnailEnd = this.#position;
  }

  #read(marker: number, payload: Uint8Array): void {
    this.#named = segment.isApp(marker) && segment.namesItself(payload);
    if (segment.isOpaque(marker)) this.lastOpaqueEnd = this.#position + 4 + payload.length;
    if (segment.isSof(marker)) {
      const [, heightHigh = 0, heightLow = 0, widthHigh = 0, widthLow = 0] = payload;
      this.#sof = marker;
      this.height = (heightHigh << 8) | heightLow;
      this.width = (widthHigh << 8) | widthLow;
    } else if (marker === segment.SOS) {
      if (this.firstScan === 0) this.firstScan = this.#position;
      this.#inScan = true;
    } else if (marker === segment.DHT && this.firstScan === 0) {
      this.#tables = true;
    } else if (marker === segment.APP2) {
      const origin = this.#position + 8; // marker, length, "MPF" and its zero
      this.mpfOffsets = readMpfOffsets(payload).map((offset) => origin + offset);
    }
  }
}
