/** Keeps the maximum or minimum of the values of the last one or two buckets of time with values. */
export class WindowedFilter {
  readonly #choose: (a: number, b: number) => number;
  readonly #bucket: number;
  #since = 0;
  #current: number | undefined;
  #previous: number | undefined;

  /** `choose` is `Math.max` or `Math.min`; `bucket` is in milliseconds. */
  constructor(choose: (a: number, b: number) => number, bucket: number) {
    this.#choose = choose;
    this.#bucket = bucket;
  }

  /** The maximum or minimum; undefined before the first value. */
  get value(): number | undefined {
    if (this.#current === undefined || this.#previous === undefined) return this.#current ?? this.#previous;
    return this.#choose(this.#current, this.#previous);
  }

  /** Adds a value measured `now`, in milliseconds of `performance.now()`. */
  add(value: number, now: number): void {
    if (now - this.#since > this.#bucket) {
      this.#previous = this.#current;
      this.#current = undefined;
      this.#since = now;
    }
    this.#current = this.#current === undefined ? value : this.#choose(this.#current, value);
  }
}
