import { Branch, type BranchFeed } from "./branch.ts";
import type { BranchOptions } from "./branch-options.ts";
import type { TrackName } from "./peer.ts";
import { ReplayBuffer } from "./replay-buffer.ts";
import type { Entry, Retention } from "./retention.ts";

/** Options for {@link Broadcaster}. */
export interface BroadcasterOptions {
  /** The chunks that wait for a slow reader, unless the reader chooses otherwise. @default "latest" */
  readonly retention?: Retention | undefined;
  /** Maximum chunks kept for readers that resume with `after`. @default 0 */
  readonly replay?: number | undefined;
  /** Name of the track that the chunks belong to. @default none */
  readonly track?: TrackName | undefined;
  /** Called when a reader can continue only with a key chunk. */
  readonly onKeyNeeded?: (() => void) | undefined;
}

/**
 * Shares one stream among many readers: an n-way `tee()` whose branches hold one chunk, the newest.
 *
 * It keeps the contract of `ReadableStream.tee()`: every branch gets the same chunks, close and error reach every
 * branch, and the source is cancelled when the last branch is cancelled. Unlike a chain of native tees it queues nothing
 * for slow readers, keeps nothing of readers that have left, and takes new branches at any time.
 *
 * The broadcaster owns the source: it locks it at once, reads it at the source's own pace from the first `tee()` on, and
 * waits for no reader. Chunks are shared: do not change them.
 *
 * @example
 * ```ts
 * const broadcaster = new Broadcaster(frames);
 * for await (const frame of broadcaster.tee()) await show(frame); // however slow: always the newest
 * ```
 */
export class Broadcaster<T> {
  readonly #reader: ReadableStreamDefaultReader<T>;
  readonly #options: BroadcasterOptions;
  readonly #feeds = new Set<BranchFeed<T>>();
  readonly #replay: ReplayBuffer<T>;
  #newest: Entry<T> | undefined;
  #count = 0;
  #isReading = false;
  #end: { readonly error?: unknown } | undefined;

  /** Throws a `TypeError` if `source` is locked. */
  constructor(source: ReadableStream<T>, options: BroadcasterOptions = {}) {
    this.#reader = source.getReader();
    this.#options = options;
    this.#replay = new ReplayBuffer(options.replay ?? 0);
  }

  /** Number of open branches. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Number of chunks read so far, and so the number of the last one. */
  get count(): number {
    return this.#count;
  }

  /**
   * Adds a branch. It starts with the newest chunk already seen, if any; one added after the end is closed, or errored
   * as the source was.
   *
   * The caller reads it to its end or cancels it; `cancel()` of the last branch cancels the source and settles with it.
   */
  tee(options?: BranchOptions<T>): Branch<T>;
  tee<U>(options: BranchOptions<T, U>): Branch<T, U>;
  tee<U>(options: BranchOptions<T, U> = {}): Branch<T, U> {
    const { retention = this.#options.retention } = options;
    const { track, onKeyNeeded } = this.#options;
    let feed: BranchFeed<T> | undefined;
    return new Branch<T, U>(
      {
        track,
        onKeyNeeded,
        start: (started) => {
          feed = started;
          this.#add(started, options);
        },
        cancel: (reason) => feed && this.#remove(feed, reason),
      },
      { ...options, retention },
    );
  }

  /** Forgets the newest chunk because it is outdated: the next branch starts with a later one. */
  forget(): void {
    this.#newest = undefined;
  }

  /** Closes every branch after its waiting chunks, and cancels the source; settles with that. */
  async close(reason?: unknown): Promise<void> {
    if (this.#end) return;
    this.#finish({});
    await this.#reader.cancel(reason);
  }

  #add<U>(feed: BranchFeed<T>, { after, signal }: BranchOptions<T, U>): void {
    if (signal?.aborted) return; // the branch closes by itself
    if (this.#end) {
      finish(feed, this.#end);
      return;
    }
    // A number that has not been reached yet comes from another process, so it is ignored.
    if (after !== undefined && after <= this.#count) for (const entry of this.#replay.after(after)) feed.offer(entry);
    else if (this.#newest) feed.offer(this.#newest);
    this.#feeds.add(feed);
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return this.#finish({});
        const entry = { number: ++this.#count, chunk: value };
        this.#newest = entry;
        this.#replay.push(entry);
        for (const feed of this.#feeds) feed.offer(entry);
      }
    } catch (error) {
      this.#finish({ error });
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#newest = undefined;
    this.#replay.clear();
    for (const feed of this.#feeds) finish(feed, end);
    this.#feeds.clear();
  }

  #remove(feed: BranchFeed<T>, reason: unknown): void | Promise<void> {
    if (!this.#feeds.delete(feed) || this.#feeds.size > 0) return;
    this.#finish({});
    return this.#reader.cancel(reason);
  }
}

function finish<T>(feed: BranchFeed<T>, end: { readonly error?: unknown }): void {
  if ("error" in end) feed.error(end.error);
  else feed.close();
}
