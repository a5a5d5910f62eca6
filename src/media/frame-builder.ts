import type { ByteWindow } from "./byte-window.ts";
import type { Frame } from "./frame.ts";
import { standardTables } from "./jpeg/huffman.ts";
import type { Picture } from "./jpeg/search.ts";
import type { PartHeaders } from "./multipart/part-headers.ts";
import type { ParserCounters } from "./parser-stats.ts";

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

  constructor(window: ByteWindow, counters: ParserCounters, sequence?: () => number) {
    let nextSequence = 0;
    this.#window = window;
    this.#counters = counters;
    this.#sequence = sequence ?? (() => nextSequence++);
  }

  /** Builds the frame of a picture, with its own copy of the bytes. `part` holds the part headers before it, if any. */
  build(picture: Picture, part?: PartHeaders): Frame {
    const { width, height } = picture;
    const arrival = this.#window.arrivalOf(picture.start);
    const timestamp = this.#believed(part?.timestamp, arrival) ?? this.#timestamp(arrival);
    const frame = { data: this.#copy(picture), sequence: this.#sequence(), timestamp, arrival, width, height };
    this.#counters.frames++;
    return part?.upstream === undefined ? frame : { ...frame, upstream: part.upstream };
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

  #copy({ start, end, tablesAt }: Picture): Uint8Array<ArrayBuffer> {
    const { view, base } = this.#window;
    if (tablesAt === undefined) return view.slice(start - base, end - base);
    const data = new Uint8Array(end - start + standardTables.length);
    data.set(view.subarray(start - base, tablesAt - base));
    data.set(standardTables, tablesAt - start);
    data.set(view.subarray(tablesAt - base, end - base), tablesAt - start + standardTables.length);
    return data;
  }
}
