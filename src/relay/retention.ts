/**
 * What a reader that is slower than its track finds when it reads again:
 *
 * - `latest`: the newest chunk alone, for pictures and predictions.
 * - `since-key`: every chunk in order; a reader that falls behind resumes at the next key chunk, for coded video and audio.
 * - `queue`: every chunk in order, at most so many; the oldest are dropped.
 */
export type Retention = "latest" | "since-key" | { readonly queue: number };

/** A chunk and its number: chunks of one track count up by one from 1, across runs. Shared by all readers. */
export interface Entry<T> {
  readonly number: number;
  readonly chunk: T;
}

/** The chunks that wait for one reader. */
export interface BranchBuffer<T> {
  /** Whether no chunk waits. */
  readonly isEmpty: boolean;
  /** Adds a chunk and returns how many were dropped for it, itself included. */
  push(entry: Entry<T>): number;
  /** Removes the next chunk to be read. */
  shift(): Entry<T> | undefined;
  /** The chunk removed last was not delivered: drops those that are worth nothing without it and returns how many. */
  skipped?(): number;
  clear(): void;
}

/** The fields of a chunk that `since-key` needs. */
interface CodedChunk {
  /** Whether it can be decoded without the chunks before it. */
  readonly key?: boolean;
  /** Milliseconds of `performance.now()`. */
  readonly arrival?: number;
}

const maxCodedChunks = 30;
const maxCodedSpan = 1000; // milliseconds between the oldest and the newest chunk that wait

/**
 * Makes the buffer for a retention. `onKeyNeeded` is called when only a key chunk can go on, once until one comes.
 *
 * Throws a `RangeError` for a queue of less than one chunk.
 */
export function createBuffer<T>(retention: Retention, onKeyNeeded: () => void = () => {}): BranchBuffer<T> {
  if (retention === "latest") return new LatestBuffer();
  if (retention === "since-key") return new KeyBuffer(onKeyNeeded);
  return new QueueBuffer(retention.queue);
}

/** Holds one chunk, which the next one replaces. */
class LatestBuffer<T> implements BranchBuffer<T> {
  #entry: Entry<T> | undefined;

  get isEmpty(): boolean {
    return this.#entry === undefined;
  }

  push(entry: Entry<T>): number {
    const dropped = this.#entry === undefined ? 0 : 1;
    this.#entry = entry;
    return dropped;
  }

  shift(): Entry<T> | undefined {
    const entry = this.#entry;
    this.#entry = undefined;
    return entry;
  }

  clear(): void {
    this.#entry = undefined;
  }
}

/** Holds up to `capacity` chunks in order; the oldest goes first. */
class QueueBuffer<T> implements BranchBuffer<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError(`Cannot queue ${capacity} chunks: a queue holds one at least`);
    this.#capacity = capacity;
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  push(entry: Entry<T>): number {
    this.#entries.push(entry);
    if (this.#entries.length <= this.#capacity) return 0;
    this.#entries.shift();
    return 1;
  }

  shift(): Entry<T> | undefined {
    return this.#entries.shift();
  }

  clear(): void {
    this.#entries.length = 0;
  }
}

/** Holds up to 30 chunks or one second, from a key chunk on; when that overflows, drops them all until the next key. */
class KeyBuffer<T> implements BranchBuffer<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #onKeyNeeded: () => void;
  #needsKey = true;

  constructor(onKeyNeeded: () => void) {
    this.#onKeyNeeded = onKeyNeeded;
    onKeyNeeded();
  }

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  push(entry: Entry<T>): number {
    const { key = false } = entry.chunk as CodedChunk;
    if (this.#needsKey && !key) return 1;
    let dropped = 0;
    if (this.#isFull(entry)) {
      dropped = this.#entries.length;
      this.clear();
      if (!key) {
        this.#requireKey();
        return dropped + 1;
      }
    }
    this.#needsKey = false;
    this.#entries.push(entry);
    return dropped;
  }

  shift(): Entry<T> | undefined {
    return this.#entries.shift();
  }

  skipped(): number {
    const key = this.#entries.findIndex(({ chunk }) => (chunk as CodedChunk).key);
    const dropped = this.#entries.splice(0, key < 0 ? this.#entries.length : key).length;
    if (key < 0) this.#requireKey();
    return dropped;
  }

  clear(): void {
    this.#entries.length = 0;
  }

  #requireKey(): void {
    if (this.#needsKey) return;
    this.#needsKey = true;
    this.#onKeyNeeded();
  }

  #isFull(entry: Entry<T>): boolean {
    const [oldest] = this.#entries;
    if (!oldest) return false;
    const { arrival: since = 0 } = oldest.chunk as CodedChunk;
    const { arrival: now = 0 } = entry.chunk as CodedChunk;
    return this.#entries.length >= maxCodedChunks || now - since > maxCodedSpan;
  }
}
