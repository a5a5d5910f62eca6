import type { ByteWindow } from "../byte-window.ts";
import * as segment from "./segment.ts";

/** Outcome of a scan: needs more bytes, reached the EOI, ended without one, or is no picture that a decoder would show. */
export type RepairOutcome = "more" | "end" | "open" | "failed";

/** Bytes between the segments of a picture in a raw stream; there is no other sign of where it ends. */
const maxJunk = 1024;

/** Options for {@link RepairScanner}. */
export interface RepairScannerOptions {
  /** Position after the last byte that may belong to the picture. */
  readonly limit: number;
  /** True if the picture is known to end at `limit`, because its part does. */
  readonly isBounded: boolean;
}

/**
 * Scans a JPEG that breaks the rules of T.81 in ways that decoders forgive.
 *
 * Does as libjpeg: between segments it goes on at the next marker, whatever stands before that, in entropy-coded data it
 * ignores markers that cannot stand there, empty tables are none, and the end of the data counts as an EOI. A frame
 * header, its quantization tables, a scan header and some entropy-coded data must be there and be valid, and no other
 * picture may begin before that. In a raw stream it trusts no segment that contains an SOI. Reads each byte once. Sources:
 * libjpeg, jdmarker.c (next_marker) and jdhuff.c (jpeg_fill_bit_buffer).
 */
export class RepairScanner {
  readonly start: number;
  /** Position of the first SOS, 0 until it is found. */
  firstScan = 0;
  width = 0;
  height = 0;
  readonly #limit: number;
  readonly #isBounded: boolean;
  #position: number;
  #sof = 0;
  #hasHuffmanTables = false;
  readonly #tables = new Set<number>();
  #components: readonly number[] = [];
  #entropyStart = 0;
  #inScan = false;
  #junk = 0;
  #swallowed = false;

  constructor(start: number, { limit, isBounded }: RepairScannerOptions) {
    this.start = start;
    this.#limit = limit;
    this.#isBounded = isBounded;
    this.#position = start + 2;
  }

  /** Position at which the scan continues or failed, or the position after the picture. */
  get position(): number {
    return this.#position;
  }

  /** True if the JPEG relies on the standard Huffman tables: sequential and Huffman-coded, but without DHT. */
  get missingHuffmanTables(): boolean {
    return !this.#hasHuffmanTables && segment.hasStandardTables(this.#sof);
  }

  /** Scans on as far as the bytes in the window allow. */
  advance(window: ByteWindow): RepairOutcome {
    const { base, end } = window;
    const view = end > this.#limit ? window.view.subarray(0, this.#limit - base) : window.view;
    let outcome: RepairOutcome | undefined;
    while (outcome === undefined)
      outcome = this.#inScan ? this.#skipEntropy(view, base) : this.#skipSegment(view, base);
    if (outcome !== "more" || end < this.#limit) return outcome;
    return this.#isBounded ? this.finish() : "failed";
  }

  /** Returns the outcome if no more bytes come. */
  finish(): RepairOutcome {
    return this.firstScan > 0 && this.#position > this.#entropyStart ? "open" : "failed";
  }

  #skipEntropy(view: Uint8Array, base: number): RepairOutcome | undefined {
    const at = segment.skipEntropy(view, this.#position - base);
    this.#position = base + at;
    if (view[at + 1] === undefined) return "more";
    this.#inScan = false;
    return undefined;
  }

  #skipSegment(view: Uint8Array, base: number): RepairOutcome | undefined {
    let at = this.#position - base;
    if (at >= view.length) return "more";
    if (view[at] !== 0xff) return this.#skipJunk(view.indexOf(0xff, at), at, view.length);
    while (view[at + 1] === 0xff) at++;
    this.#position = base + at;

    const [, marker, high, low] = view.subarray(at, at + 4);
    if (marker === undefined) return "more";
    if (marker === segment.EOI) return this.#end();
    if (marker === segment.SOI) {
      if (high === undefined) return "more";
      if (high === 0xff) return this.#isBounded ? "failed" : this.finish(); // a whole picture may follow in its part
    }
    if (!segment.isSegment(marker)) return this.#ignore();
    if (segment.isSof(marker) ? this.#sof !== 0 : marker === segment.SOS && this.#sof === 0) return this.#refuse();
    if (high === undefined || low === undefined) return "more";
    const length = (high << 8) | low;
    if (length < 2) return this.#ignore();
    if (this.#position + 2 + length > this.#limit) return this.#refuse();
    if (at + 2 + length > view.length) return "more";

    const payload = view.subarray(at + 4, at + 2 + length);
    const isEmptyTable = length === 2 && (marker === segment.DHT || marker === segment.DQT);
    const isPlausible =
      isEmptyTable || (segment.isPlausibleLength(marker, length) && segment.isPlausiblePayload(marker, payload));
    if (!isPlausible) return this.#refuse();
    if (marker === segment.SOS && !this.#components.every((table) => this.#tables.has(table))) return "failed";
    this.#read(marker, payload);
    this.#position += 2 + length;
    if (marker === segment.SOS && this.#entropyStart === 0) this.#entropyStart = this.#position;
    return undefined;
  }

  #end(): RepairOutcome {
    if (this.firstScan === 0) return "failed";
    this.#position += 2;
    return "end";
  }

  #skipJunk(next: number, at: number, end: number): RepairOutcome | undefined {
    const length = (next < 0 ? end : next) - at;
    this.#junk += length;
    this.#position += length;
    return !this.#isBounded && (this.#swallowed || this.#junk > maxJunk) ? "failed" : undefined;
  }

  /** Passes over a marker that means nothing here. */
  #ignore(): RepairOutcome | undefined {
    this.#position += 2;
    this.#inScan = this.firstScan > 0;
    this.#junk += 2;
    return !this.#isBounded && !this.#inScan && (this.#swallowed || this.#junk > maxJunk) ? "failed" : undefined;
  }

  /** Passes over a segment that is damaged in entropy-coded data, which costs a decoder some of the picture. */
  #refuse(): RepairOutcome | undefined {
    return this.firstScan > 0 ? this.#ignore() : "failed";
  }

  #read(marker: number, payload: Uint8Array): void {
    if (segment.isSof(marker)) {
      this.#sof = marker;
      ({ width: this.width, height: this.height } = segment.readFrameSize(payload));
      this.#components = [...payload.subarray(6)].filter((_, at) => at % 3 === 2);
    } else if (marker === segment.SOS) {
      if (this.firstScan === 0) this.firstScan = this.#position;
      this.#inScan = true;
    } else if (marker === segment.DHT && this.firstScan === 0) {
      this.#hasHuffmanTables ||= payload.length > 0;
    } else if (marker === segment.DQT) {
      for (let at = 0, table = payload[0]; table !== undefined; table = payload[at]) {
        this.#tables.add(table & 15);
        at += table >> 4 ? 129 : 65;
      }
    } else if (segment.isOpaque(marker)) {
      this.#swallowed ||= segment.containsSoi(payload);
    }
  }
}
