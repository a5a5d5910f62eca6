const window = 2000; // milliseconds

/** Measures kilobits per second over about two seconds. Bound: the chunks of two seconds. */
export class BitrateMeter {
  readonly #chunks: { readonly at: number; readonly bytes: number }[] = [];
  #bytes = 0;

  /** Counts bytes at `now`, in milliseconds of `performance.now()`. */
  count(bytes: number, now: number = performance.now()): void {
    this.#chunks.push({ at: now, bytes });
    this.#bytes += bytes;
    this.#forget(now);
  }

  /** Returns kilobits per second. */
  rate(now: number = performance.now()): number {
    this.#forget(now);
    const [first] = this.#chunks;
    return first ? (8 * this.#bytes) / Math.max(now - first.at, window / 2) : 0;
  }

  #forget(now: number): void {
    for (let [first] = this.#chunks; first && now - first.at > window; [first] = this.#chunks) {
      this.#bytes -= first.bytes;
      this.#chunks.shift();
    }
  }
}
