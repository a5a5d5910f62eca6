import type { ByteWindow } from "../byte-window.ts";
import { readMpfOffsets } from "./mpf.ts";
import * as segment from "./segment.ts";

/** Outcome of a scan: needs more bytes, reached the EOI, or the reason why it cannot continue. */
export type ScanOutcome = "more" | "end" | "truncated" | "malformed" | "oversize";

/**
 * Scans one JPEG from its SOI to its EOI, segment by segment, as the bytes arrive.
 *
 * Reads each byte at most once: the length of a segment tells where the next one begins, and in entropy-coded data only
 * FF is searched for. A search for FF D9 would stop inside EXIF thumbnails and comments. Positions are those of the
 * window. Source: ITU T.81, Annex B.
 */
export class JpegScanner {
  /** Position of the SOI. */
  readonly start: number;
  /** Position of the first SOS, 0 until it is found. */
  firstScan = 0;
  /** Width in pixels, 0 until the SOF is found. */
  width = 0;
  /** Height in pixels, 0 until the SOF is found and if a DNL defines it. */
  height = 0;
  /** True if an AVI1 header says that this is one field of an interlaced picture. */
  isField = false;
  /** Positions of the other pictures in a Multi-Picture file, from its index. */
  mpfOffsets: readonly number[] = [];
  /** Position after the last APPn or comment, which may contain any bytes; 0 until one is found. */
  lastOpaqueEnd = 0;
  /** Position of the last marker that is valid where it stands: the segments before it have the right lengths. */
  confirmed: number;
  /** End of the last confirmed segment that has an identifier; pictures before it are thumbnails. */
  thumbnailEnd = 0;
  /** Position after the bytes that were examined of a segment that failed. */
  seen = 0;

  readonly #limit: number;
  #position: number;
  #segmentEnd: number;
  #sof = 0;
  #hasTables = false;
  #isNamed = false;
  #inScan = false;

  /** Starts after the SOI at `start`; a JPEG of more than `maxFrameSize` bytes is `oversize`. */
  constructor(start: number, maxFrameSize: number) {
    this.start = start;
    this.confirmed = start;
    this.#limit = start + maxFrameSize;
    this.#position = this.#segmentEnd = start + 2;
  }

  /** Position at which the scan continues or failed, or the position after the EOI. */
  get position(): number {
    return this.#position;
  }

  /** True if the JPEG relies on the standard Huffman tables: sequential and Huffman-coded, but without DHT. */
  get missingHuffmanTables(): boolean {
    return !this.#hasTables && segment.hasStandardTables(this.#sof);
  }

  /** Scans on as far as the bytes in the window allow. */
  advance(window: ByteWindow): ScanOutcome {
    const { base, end } = window;
    // Bytes after the limit are not read, so that the outcome does not depend on how the bytes are split into chunks.
    const view = end > this.#limit ? window.view.subarray(0, this.#limit - base) : window.view;
    let outcome: ScanOutcome | undefined;
    while (outcome === undefined)
      outcome = this.#inScan ? this.#skipEntropy(view, base) : this.#skipSegment(view, base);
    return outcome === "more" && end >= this.#limit ? "oversize" : outcome;
  }

  /** Skips entropy-coded data, which ends at the first marker that is not a stuffed zero, a restart or a fill byte. */
  #skipEntropy(view: Uint8Array, base: number): ScanOutcome | undefined {
    const at = segment.skipEntropy(view, this.#position - base);
    this.#position = base + at;
    if (view[at + 1] === undefined) return "more";
    this.#inScan = false;
    return undefined;
  }

  #skipSegment(view: Uint8Array, base: number): ScanOutcome | undefined {
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
    if (marker !== segment.SOI && !this.#isValidHere(marker)) return "malformed";
    this.#confirm(marker);
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
    this.#segmentEnd = this.#position;
    return undefined;
  }

  /** Returns true if T.81, figure B.2 allows the marker here: one frame header before the scans, DNL after a scan, and so on. */
  #isValidHere(marker: number): boolean {
    if (segment.isSof(marker)) return this.#sof === 0;
    if (marker === segment.SOS) return this.#sof !== 0;
    if (marker === segment.DNL) return this.firstScan > 0;
    return segment.isSegment(marker);
  }

  /** Notes that the last segment had the right length, as a valid marker follows it, be it behind a scan. */
  #confirm(marker: number): void {
    // A scan that an SOI ends may contain the delimiter of its part and the headers of the next one.
    this.confirmed = marker === segment.SOI ? this.#segmentEnd : this.#position;
    if (this.#isNamed) this.thumbnailEnd = this.#position;
  }

  #read(marker: number, payload: Uint8Array): void {
    this.#isNamed = segment.isApp(marker) && segment.hasIdentifier(payload);
    if (segment.isOpaque(marker)) this.lastOpaqueEnd = this.#position + 4 + payload.length;
    if (segment.isSof(marker)) {
      this.#sof = marker;
      ({ width: this.width, height: this.height } = segment.readFrameSize(payload));
    } else if (marker === segment.SOS) {
      if (this.firstScan === 0) this.firstScan = this.#position;
      this.#inScan = true;
    } else if (marker === segment.DHT && this.firstScan === 0) {
      this.#hasTables = true;
    } else if (marker === segment.APP0) {
      this.isField = segment.isAvi1Field(payload);
    } else if (marker === segment.APP2) {
      const origin = this.#position + 8; // marker, length, "MPF" and its zero
      const offsets = readMpfOffsets(payload).map((offset) => origin + offset);
      if (offsets.length > 0) this.mpfOffsets = offsets; // a colour profile may be in APP2 too
    }
  }
}
