const [maxRequests, window] = [10, 10_000]; // milliseconds

/**
 * Limits the keys that one peer may ask for: who asks more than once a second for 10 s is not heard until it asks less, and
 * gets only the keys made for others. Bound: the times of 11 requests.
 */
export class KeyLimiter {
  readonly #times: number[] = [];

  /** Returns true if a request `now`, in milliseconds of `performance.now()`, is to be followed. */
  allows(now: number = performance.now()): boolean {
    this.#times.push(now);
    if (this.#times.length > maxRequests + 1) this.#times.shift();
    const [first = now] = this.#times;
    return this.#times.length <= maxRequests || now - first > window;
  }
}
