import type { Frame } from "./frame.ts";
import { STANDARD_TABLES } from "./huffman.ts";
import type { PartHeaders } from "./part.ts";
import type { Picture } from "./search.ts";
import type { Tally } from "./stats.ts";
import type { Window } from "./window.ts";

/**
 * Makes frames of the pictures in a window: copies the bytes, numbers them and tells their time.
 *
 * One framer is one run: the offset from `performance.now()` to the wall clock is taken once, so that timestamps grow by
 * at least a microsecond from frame to frame, whatever the wall clock does. Times of another teecam are taken as they are.
 */
export class Framer {
  readonly #window: Window;
  readonly #tally: Tally;
  readonly #sequence: () => number;
  readonly #offset: number = Date.now() - performance.now();
  #latest = 0;

  constructor(window: Window, tally: Tally, sequence?: () => number) {
    let count = 0;
    this.#window = window;
    this.#tally = tally;
    this.#sequence = sequence ?? (() => count++);
  }

  /** The frame of a picture, with its own copy of the bytes; `part` is what the headers before it said. */
  frame(picture: Picture, part?: PartHeaders): Frame {
    const { width, height } = picture;
    const arrival = this.#window.arrivalOf(picture.start);
    const timestamp = part?.timestamp ?? this.#timestamp(arrival);
    const frame = { data: this.#copy(picture), sequence: this.#sequence(), timestamp, arrival, width, height };
    this.#tally.frames++;
    return part?.upstream === undefined ? frame : { ...frame, upstream: part.upstream };
  }

  #timestamp(arrival: number): number {
    this.#latest = Math.max(Math.round((this.#offset + arrival) * 1000), this.#latest + 1);
    return this.#latest;
  }

  #copy({ start, end, tablesAt }: Picture): Uint8Array<ArrayBuffer> {
    const { view, base } = this.#window;
    if (tablesAt === undefined) return view.slice(start - base, end - base);
    const data = new Uint8Array(end - start + STANDARD_TABLES.length);
    data.set(view.subarray(start - base, tablesAt - base));
    data.set(STANDARD_TABLES, tablesAt - start);
    data.set(view.subarray(tablesAt - base, end - base), tablesAt - start + STANDARD_TABLES.length);
    return data;
  }
}
