/** Bytes that may be scanned again for each byte received. */
const rate = 4;

/**
 * Bounds the cost of failed scans, so that searching takes linear time whatever arrives.
 *
 * Each byte received allows 4 bytes of failed scans; at most 4 times `maxFrameSize` (at least 1 MiB) are saved up.
 */
export class RescanBudget {
  readonly #max: number;
  #left: number;
  #creditedTo = 0;

  constructor(maxFrameSize: number) {
    this.#max = rate * Math.max(maxFrameSize, 256 * 1024);
    this.#left = this.#max;
  }

  /** Spends `bytes` of a failed scan when the stream has `received` bytes in all. Returns false if that is too much. */
  spend(bytes: number, received: number): boolean {
    this.#left = Math.min(this.#max, this.#left + rate * (received - this.#creditedTo));
    this.#creditedTo = received;
    this.#left -= bytes;
    if (this.#left >= 0) return true;
    this.#left = 0;
    return false;
  }
}
