import { Branch, BranchSource, type View } from "./branch.ts";

/**
 * Shares one stream among many readers: an n-way `tee()` whose branches hold one chunk, the newest.
 *
 * It keeps the contract of `ReadableStream.tee()`: every branch gets the same chunks, close and error reach every
 * branch, and the source is cancelled when the last branch has let go. Unlike a chain of native tees it queues nothing
 * for slow readers, nothing remains of readers that have left, and a branch may be added at any time.
 *
 * The source belongs to the broadcaster, which locks it at once, reads it at the source's own pace from the first
 * `tee()` on, and does not wait for any reader. Chunks are shared: nobody may change them.
 *
 * @example
 * ```ts
 * const broadcaster = new Broadcaster(frames);
 * for await (const frame of broadcaster.tee()) await show(frame); // however slow: always the newest
 * ```
 */
export class Broadcaster<T> {
  readonly #reader: ReadableStreamDefaultReader<T>;
  readonly #branches = new Set<Fed<T>>();
  #newest: { readonly chunk: T } | undefined;
  #reading = false;
  #end: { readonly error?: unknown } | undefined;

  /** Throws a `TypeError` if `source` is locked. */
  constructor(source: ReadableStream<T>) {
    this.#reader = source.getReader();
  }

  /** How many branches are being fed. */
  get size(): number {
    return this.#branches.size;
  }

  /**
   * Adds a branch, through a view if the reader wants one. It starts with the newest chunk already seen, if any; one that
   * comes after the end is closed, or errored as the source was.
   *
   * The caller reads it to its end or cancels it; `cancel()` of the last branch cancels the source and settles with it.
   */
  tee(): Branch<T>;
  tee<U>(view: View<T, U>): Branch<U>;
  tee<U>(view?: View<T, U>): Branch<U> {
    const source: BranchSource<T, U> = new BranchSource<T, U>((reason) => this.#leave(source, reason), view);
    const branch = new Branch<U>(source);
    if (view?.signal?.aborted) {
      source.close();
      return branch;
    }
    if (this.#end) {
      finish(source, this.#end);
      return branch;
    }
    if (this.#newest) source.offer(this.#newest.chunk);
    this.#branches.add(source);
    if (!this.#reading) {
      this.#reading = true;
      void this.#read();
    }
    return branch;
  }

  /** Forgets the newest chunk, as one that is out of date: the next branch starts with the next one. */
  forget(): void {
    this.#newest = undefined;
  }

  /** Closes every branch, each with the chunk it holds, and cancels the source; settles with that. */
  async close(reason?: unknown): Promise<void> {
    if (this.#end) return;
    this.#finish({});
    await this.#reader.cancel(reason);
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#reader.read();
        if (done) return this.#finish({});
        this.#newest = { chunk: value };
        for (const branch of this.#branches) branch.offer(value);
      }
    } catch (error) {
      this.#finish({ error });
    }
  }

  #finish(end: { readonly error?: unknown }): void {
    if (this.#end) return;
    this.#end = end;
    this.#newest = undefined;
    for (const branch of this.#branches) finish(branch, end);
    this.#branches.clear();
  }

  #leave(branch: Fed<T>, reason: unknown): void | Promise<void> {
    if (!this.#branches.delete(branch) || this.#branches.size > 0) return;
    this.#finish({});
    return this.#reader.cancel(reason);
  }
}

/** A branch's source, whatever its reader gets. */
type Fed<T> = Pick<BranchSource<T>, "offer" | "close" | "error">;

function finish<T>(branch: Fed<T>, end: { readonly error?: unknown }): void {
  if ("error" in end) branch.error(end.error);
  else branch.close();
}
