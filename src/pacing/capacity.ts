import { WindowedFilter } from "./windowed-filter.ts";

const headroom = 1.25; // of the shortest trip, since trips vary
const margin = 10; // milliseconds of the path's rate that may wait in a queue, so that the link never idles
const rateMemory = 500; // milliseconds that a bucket of the greatest rate lasts; two are kept
const flowMemory = 500; // milliseconds in which what flowed loses most of its weight

/**
 * How many bytes may be on their way to a viewer without waiting in a queue: the path's rate times its round trip, as in
 * BBR (https://doi.org/10.1145/3009824), and a margin; but by no greater rate than the camera's, with some room to grow.
 * A fast path would bear more, which only a link that fades would show, as a queue.
 */
export class Capacity {
  readonly #rate = new WindowedFilter(Math.max, rateMemory);
  #flow = 0; // bytes a millisecond handed over lately
  #sentAt = 0;

  /** Bytes a millisecond, the greatest of lately; undefined before the first. */
  get rate(): number | undefined {
    return this.#rate.value;
  }

  /** So many bytes were handed over `now`, in milliseconds of `performance.now()`. */
  sent(bytes: number, now: number): void {
    const pause = now - this.#sentAt;
    this.#flow += (bytes / Math.max(pause, 1) - this.#flow) * (1 - Math.exp(-pause / flowMemory));
    this.#sentAt = now;
  }

  /** The path delivered at this rate, in bytes a millisecond. */
  delivered(rate: number, now: number): void {
    this.#rate.add(rate, now);
  }

  /** Bytes that a path of this round trip, in milliseconds, holds; 0 as long as nothing is known. */
  inflightLimit(trip: number): number {
    const rate = this.#rate.value;
    return rate === undefined ? 0 : Math.min(rate, 1.5 * this.#flow) * (headroom * trip + margin);
  }
}
