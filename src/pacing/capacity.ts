import { WindowedFilter } from "./windowed-filter.ts";

const headroom = 1.25; // of the shortest round trip, since round trips vary
const margin = 10; // milliseconds of data that may wait in a queue, so that the link never idles
const rateMemory = 500; // milliseconds per bucket of the highest rate; two are kept
const sendRateMemory = 500; // time constant of the average, in milliseconds

/**
 * Estimates how many bytes can be on their way to a viewer without waiting in a queue: the path's rate times its round
 * trip, as in BBR (https://doi.org/10.1145/3009824), and a margin. The rate is capped at 1.5 times the rate of sending: a
 * fast path could carry more, but when its link slows down, that would become a queue.
 */
export class Capacity {
  readonly #rate = new WindowedFilter(Math.max, rateMemory);
  #sendRate = 0; // bytes per millisecond, averaged
  #sentAt = 0;

  /** Highest recent rate of delivery, in bytes per millisecond; undefined before the first. */
  get rate(): number | undefined {
    return this.#rate.value;
  }

  /** Records that bytes were sent at `now`, in milliseconds of `performance.now()`. */
  sent(bytes: number, now: number): void {
    const pause = now - this.#sentAt;
    this.#sendRate += (bytes / Math.max(pause, 1) - this.#sendRate) * (1 - Math.exp(-pause / sendRateMemory));
    this.#sentAt = now;
  }

  /** Records the path's rate of delivery, in bytes per millisecond, measured at `now`. */
  delivered(rate: number, now: number): void {
    this.#rate.add(rate, now);
  }

  /** Returns the bytes that may be in flight on a path with this round trip in milliseconds; 0 before the first rate. */
  inflightLimit(rtt: number): number {
    const rate = this.#rate.value;
    return rate === undefined ? 0 : Math.min(rate, 1.5 * this.#sendRate) * (headroom * rtt + margin);
  }
}
