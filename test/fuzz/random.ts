/**
 * Numbers that look random and are the same for the same seed, on every machine.
 *
 * Source: mulberry32, as good as a test needs and quick (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c).
 */
export class Random {
  #state: number;

  /** `stream` tells apart the series of one seed: each input of a fuzzer has its own. */
  constructor(seed: number, stream = 0) {
    this.#state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  }

  /** From 0, below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0, below `limit`; 0 if that is not above it. */
  below(limit: number): number {
    return limit > 0 ? Math.floor(this.next() * limit) : 0;
  }

  /** A whole number, both ends included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** True so often, from 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of them. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError("Cannot pick from nothing");
    return items[this.below(items.length)] as T;
  }

  /** So many, each drawn on its own. */
  list<T>(count: number, draw: () => T): T[] {
    return Array.from({ length: count }, draw);
  }

  /** So many bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}
