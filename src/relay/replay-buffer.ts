import type { Entry } from "./retention.ts";

/**
 * Keeps the latest chunks of a track, once for all readers, so that a reader that reconnects can resume.
 *
 * Bound: `capacity` chunks; the oldest is dropped first.
 */
export class ReplayBuffer<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #capacity: number;

  /** A capacity of 0 keeps nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(entry: Entry<T>): void {
    if (this.#capacity === 0) return;
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  /** Returns the kept chunks with numbers above `number`, oldest first. */
  after(number: number): readonly Entry<T>[] {
    return this.#entries.filter((entry) => entry.number > number);
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
