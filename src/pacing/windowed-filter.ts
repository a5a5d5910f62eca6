/** Keeps the greatest or smallest of the values of the last one to two buckets of time that had any. */
export class WindowedFilter {
  readonly #choose: (a: number, b: number) => number;
  readonly #bucket: number;
  #since = 0;
  #current: number | undefined;
  #former: number | undefined;

  /** `choose` is `Math.max` or `Math.min`, `bucket` milliseconds. */
  constructor(choose: (a: number, b: number) => number, bucket: number) {
    this.#choose = choose;
    this.#bucket = bucket;
  }

  /** The greatest or smallest; undefined before the first value. */
  get value(): number | undefined {
    if (this.#current === undefined || this.#former === undefined) return this.#current ?? this.#former;
    return this.#choose(this.#current, this.#former);
  }

  /** Adds a value measured `now`, in milliseconds of `performance.now()`. */
  add(value: number, now: number): void {
    if (now - this.#since > this.#bucket) {
      this.#former = this.#current;
      this.#current = undefined;
      this.#since = now;
    }
    this.#current = this.#current === undefined ? value : this.#choose(this.#current, value);
  }
}
