import type { ByteWindow } from "./byte-window.ts";
import type { Frame } from "./frame.ts";
import { standardTables } from "./jpeg/huffman.ts";
import type { Picture } from "./jpeg/picture.ts";
import { EOI } from "./jpeg/segment.ts";
import type { PartHeaders } from "./multipart/part-headers.ts";
import type { ParserCounters } from "./parser-stats.ts";

/** A frame that has no sequence number yet, and may never get one. */
export interface Draft {
  readonly frame: Omit<Frame, "sequence"> & { sequence: number };
  /** Bytes that it took of the stream. */
  readonly size: number;
  readonly isField: boolean;
}

const maxSkew = 24 * 60 * 60 * 1000; // milliseconds

/**
 * Builds frames from the pictures in a window: copies the bytes, assigns sequence numbers and timestamps.
 *
 * Use one builder per run: it reads the offset from `performance.now()` to the wall clock once, so that timestamps
 * increase by at least 1 microsecond per frame whatever the wall clock does. Timestamps from another teecam are kept, unless they are
 * more than a day off.
 */
export class FrameBuilder {
  readonly #window: ByteWindow;
  readonly #counters: ParserCounters;
  readonly #sequence: () => number;
  readonly #offset: number = Date.now() - performance.now();
  #lastTimestamp = 0;
  #lastArrival = Number.NEGATIVE_INFINITY;

  constructor(window: ByteWindow, counters: ParserCounters, sequence?: () => number) {
    let nextSequence = 0;
    this.#window = window;
    this.#counters = counters;
    this.#sequence = sequence ?? (() => nextSequence++);
  }

  /** Builds the draft of a picture, with its own copy of the bytes. `part` holds the part headers before it, if any. */
  draft(picture: Picture, part?: PartHeaders): Draft {
    const { start, end, width, height, isField = false } = picture;
    const upstream = part?.upstream;
    const arrival = this.#arrival(this.#window.arrivalOf(start) - (upstream?.age ?? 0));
    const timestamp = this.#believed(upstream?.timestamp, arrival) ?? this.#timestamp(arrival);
    const told = upstream && { upstream: upstream.sequence, ...(upstream.repeated && { repeated: true }) };
    const frame = { data: this.#copy(picture), sequence: -1, timestamp, arrival, width, height, ...told };
    return { frame, size: end - start, isField };
  }

  /** Finishes the frame of a draft, and counts it. */
  number({ frame, isField }: Draft): Frame {
    this.#counters.frames++;
    if (isField) this.#counters.fields++;
    frame.sequence = this.#sequence();
    return frame;
  }

  /** Counts a draft of which no frame is made. */
  drop({ size }: Draft): void {
    this.#counters.dropped.flood++;
    this.#counters.skipped += size;
  }

  /** Returns an arrival no earlier than the last one, as ages that other teecams tell vary a little. */
  #arrival(arrival: number): number {
    this.#lastArrival = Math.max(this.#lastArrival, arrival);
    return this.#lastArrival;
  }

  /** Returns the time at another teecam, unless the clock there must be wrong. */
  #believed(timestamp: number | undefined, arrival: number): number | undefined {
    if (timestamp === undefined || Math.abs(timestamp / 1000 - this.#offset - arrival) <= maxSkew) return timestamp;
    this.#counters.mistimed++;
    return undefined;
  }

  #timestamp(arrival: number): number {
    this.#lastTimestamp = Math.max(Math.round((this.#offset + arrival) * 1000), this.#lastTimestamp + 1);
    return this.#lastTimestamp;
  }

  #copy({ start, end, tablesAt, isOpen = false }: Picture): Uint8Array<ArrayBuffer> {
    const { view, base } = this.#window;
    if (tablesAt === undefined && !isOpen) return view.slice(start - base, end - base);
    const tables = tablesAt === undefined ? standardTables.subarray(0, 0) : standardTables;
    const split = tablesAt ?? end;
    const data = new Uint8Array(end - start + tables.length + (isOpen ? 2 : 0));
    data.set(view.subarray(start - base, split - base));
    data.set(tables, split - start);
    data.set(view.subarray(split - base, end - base), split - start + tables.length);
    if (isOpen) data.set([0xff, EOI], data.length - 2);
    return data;
  }
}
