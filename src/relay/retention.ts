/**
 * The chunks that wait for a reader that is slower than its track.
 *
 * - `latest`: only the newest chunk; for pictures and predictions.
 * - `since-key`: every chunk in order; a reader that falls behind resumes at the next key chunk. For coded video and audio.
 * - `queue`: every chunk in order, up to this number; the oldest are dropped first.
 *
 * @example
 * ```ts
 * const predictions = predictor.predictions.tee({ retention: { queue: 64 } });
 * ```
 */
export type Retention = "latest" | "since-key" | { readonly queue: number };

/** A chunk and its number, which increases by 1 per track, from 1 on and across runs. Shared by all readers. */
export interface Entry<T> {
  readonly number: number;
  readonly chunk: T;
  /** True for a chunk that is delivered once more; its number is 0. */
  readonly repeated?: boolean;
}

/** Holds the chunks that wait for one reader. */
export interface BranchBuffer<T> {
  /** True if no chunk waits. */
  readonly isEmpty: boolean;
  /** Adds a chunk, and returns how many were dropped, which may include this one. */
  push(entry: Entry<T>): number;
  /** Removes and returns the next chunk to read. */
  shift(): Entry<T> | undefined;
  /** Drops the chunks that depend on the one removed last, which was not delivered; returns their number. */
  skipped?(): number;
  clear(): void;
}

/** Fields of a chunk that `since-key` depends on. */
interface CodedChunk {
  /** True if it can be decoded without the chunks before it. */
  readonly key?: boolean;
  /** Milliseconds of `performance.now()`. */
  readonly arrival?: number;
}

const maxCodedChunks = 30;
const maxCodedSpan = 1000; // milliseconds between the oldest and the newest waiting chunk

/**
 * Creates the buffer for a retention. `onKeyNeeded` is called when only a key chunk can follow, and not again until one
 * arrives.
 *
 * Throws a `RangeError` for a queue of fewer than one chunk.
 */
export function createBuffer<T>(retention: Retention, onKeyNeeded: () => void = () => {}): BranchBuffer<T> {
  if (retention === "latest") return new LatestBuffer();
  if (retention === "since-key") return new KeyBuffer(onKeyNeeded);
  return new QueueBuffer(retention.queue);
}

/** Holds one chunk, which is replaced by the next. */
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

/** Holds up to `capacity` chunks in order; the oldest is dropped first. */
class QueueBuffer<T> implements BranchBuffer<T> {
  readonly #entries: Entry<T>[] = [];
  readonly #capacity: number;

  constructor(capacity: number) {
    if (!(capacity >= 1)) throw new RangeError(`Cannot queue ${capacity} chunks: a queue holds at least one`);
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

/** Holds up to 30 chunks or one second, from a key chunk on; on overflow drops all of them, until the next key chunk. */
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
