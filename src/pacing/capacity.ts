import { WindowedFilter } from "./windowed-filter.ts";

const headroom = 1.25; // of the shortest round trip, since round trips vary
const margin = 10; // milliseconds of the path's rate that may wait in a queue, so that the link never idles
const rateMemory = 500; // milliseconds that a bucket of the greatest rate lasts; two are kept
const flowMemory = 500; // milliseconds in which what flowed loses most of its weight

/**
 * Estimates how many bytes may be on their way to a viewer without waiting in a queue: the path's rate times its round trip,
 * as in BBR (https://doi.org/10.1145/3009824), and a margin. The rate counts up to 1.5 times the camera's own: a fast path
 * could take more, but when its link fades that would become a queue.
 */
export class Capacity {
  readonly #rate = new WindowedFilter(Math.max, rateMemory);
  #flow = 0; // bytes a millisecond handed over lately
  #sentAt = 0;

  /** Greatest rate of lately, in bytes a millisecond; undefined before the first. */
  get rate(): number | undefined {
    return this.#rate.value;
  }

  /** Notes that bytes were handed over `now`, in milliseconds of `performance.now()`. */
  sent(bytes: number, now: number): void {
    const pause = now - this.#sentAt;
    this.#flow += (bytes / Math.max(pause, 1) - this.#flow) * (1 - Math.exp(-pause / flowMemory));
    this.#sentAt = now;
  }

  /** Notes the rate at which the path delivered, in bytes a millisecond. */
  delivered(rate: number, now: number): void {
    this.#rate.add(rate, now);
  }

  /** Returns the bytes that a path of this round trip, in milliseconds, holds; 0 while nothing is known. */
  inflightLimit(rtt: number): number {
    const rate = this.#rate.value;
    return rate === undefined ? 0 : Math.min(rate, 1.5 * this.#flow) * (headroom * rtt + margin);
  }
}
