/**
 * Delays between attempts: they double from `minDelay` to `maxDelay`, and each is shortened at random by up to half,
 * so that the viewers of a restarted server do not all come back at the same moment.
 */
export class Backoff {
  #minDelay;
  #maxDelay;
  #delay;

  /** @param {{ minDelay?: number, maxDelay?: number }} [options] milliseconds; 500 and 5000 by default */
  constructor({ minDelay = 500, maxDelay = 5000 } = {}) {
    this.#minDelay = minDelay;
    this.#maxDelay = maxDelay;
    this.#delay = minDelay;
  }

  /**
   * Returns the delay before the next attempt.
   * @returns {number} milliseconds
   */
  next() {
    const delay = this.#delay * (1 - Math.random() / 2);
    this.#delay = Math.min(this.#delay * 2, this.#maxDelay);
    return delay;
  }

  /** Starts again from the shortest delay, after an attempt that succeeded. */
  reset() {
    this.#delay = this.#minDelay;
  }
}
