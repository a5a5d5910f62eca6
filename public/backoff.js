/**
 * The waits between attempts: they double from `first` to `last`, and each is shortened by up to half at random,
 * so that the viewers of a restarted server do not all come back in the same moment.
 */
export class Backoff {
  #first;
  #last;
  #next;

  /** @param {{ first?: number, last?: number }} [options] milliseconds; by default 500 and 5000 */
  constructor({ first = 500, last = 5000 } = {}) {
    this.#first = first;
    this.#last = last;
    this.#next = first;
  }

  /**
   * The wait before the next attempt.
   * @returns {number} milliseconds
   */
  next() {
    const wait = this.#next * (1 - Math.random() / 2);
    this.#next = Math.min(this.#next * 2, this.#last);
    return wait;
  }

  /** An attempt succeeded: the next wait is the shortest again. */
  reset() {
    this.#next = this.#first;
  }
}
