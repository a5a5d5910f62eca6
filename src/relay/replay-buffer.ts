import type { Entry } from "./retention.ts";

/**
 * Keeps the latest chunks of a track, one store for all its readers, so that a reader that comes back goes on where it was.
 *
 * Bound: `capacity` chunks; the oldest goes first.
 */
export class ReplayBuffer<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #capacity: number;

  /** With a capacity of 0 it keeps nothing. */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  push(entry: Entry<T>): void {
    if (this.#capacity === 0) return;
    this.#entries.push(entry);
    if (this.#entries.length > this.#capacity) this.#entries.shift();
  }

  /** Returns the chunks kept whose number is higher than `number`, oldest first. */
  after(number: number): readonly Entry<T>[] {
    return this.#entries.filter((entry) => entry.number > number);
  }

  clear(): void {
    this.#entries.length = 0;
  }
}
