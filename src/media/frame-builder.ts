import type { ByteWindow } from "./byte-window.ts";
import type { Frame } from "./frame.ts";
import { standardTables } from "./jpeg/huffman.ts";
import type { Picture } from "./jpeg/search.ts";
import type { PartHeaders } from "./multipart/part-headers.ts";
import type { ParserCounters } from "./parser-stats.ts";

/**
 * Makes frames of the pictures in a window: copies the bytes, numbers them and tells their time.
 *
 * One framer is one run: the offset from `performance.now()` to the wall clock is taken once, so that timestamps grow by
 * at least a microsecond from frame to frame, whatever the wall clock does. Times of another teecam are taken as they are.
 */
export class FrameBuilder {
  readonly #window: ByteWindow;
  readonly #counters: ParserCounters;
  readonly #sequence: () => number;
  readonly #offset: number = Date.now() - performance.now();
  #latest = 0;

  constructor(window: ByteWindow, tally: ParserCounters, sequence?: () => number) {
    let count = 0;
    this.#window = window;
    this.#counters = tally;
    this.#sequence = sequence ?? (() => count++);
  }

  /** The frame of a picture, with its own copy of the bytes; `part` is what the headers before it said. */
  build(picture: Picture, part?: PartHeaders): Frame {
    const { width, height } = picture;
    const arrival = this.#window.arrivalOf(picture.start);
    const timestamp = part?.timestamp ?? this.#timestamp(arrival);
    const frame = { data: this.#copy(picture), sequence: this.#sequence(), timestamp, arrival, width, height };
    this.#counters.frames++;
    return part?.upstream === undefined ? frame : { ...frame, upstream: part.upstream };
  }

  #timestamp(arrival: number): number {
    this.#latest = Math.max(Math.round((this.#offset + arrival) * 1000), this.#latest + 1);
    return this.#latest;
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
