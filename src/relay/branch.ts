/**
 * The underlying source of a {@link Branch}: a slot for one chunk, which the next chunk replaces.
 *
 * A ReadableStream cannot take back what it has enqueued, so the chunk waits here, and is enqueued only when somebody
 * reads. Whoever feeds the branch calls `offer`, `close` and `error`; the branch's reader drives `pull` and `cancel`.
 *
 * Bound: one chunk. What it replaces is counted in `discarded`.
 */
export class BranchSource<T> {
  readonly #onCancel: (reason: unknown) => void | PromiseLike<void>;
  #controller: ReadableStreamDefaultController<T> | undefined;
  #held: { readonly chunk: T } | undefined;
  #wanted = false;
  #closing = false;
  #discarded = 0;

  /** `onCancel` is called once, when the reader lets go of the branch; the reader's `cancel()` settles with it. */
  constructor(onCancel: (reason: unknown) => void | PromiseLike<void>) {
    this.#onCancel = onCancel;
  }

  /** How many chunks were replaced before anybody read them. */
  get discarded(): number {
    return this.#discarded;
  }

  start(controller: ReadableStreamDefaultController<T>): void {
    this.#controller = controller;
  }

  pull(controller: ReadableStreamDefaultController<T>): void {
    const held = this.#held;
    if (!held) {
      this.#wanted = true;
      return;
    }
    this.#held = undefined;
    controller.enqueue(held.chunk);
    if (this.#closing) controller.close();
  }

  cancel(reason: unknown): void | PromiseLike<void> {
    this.#held = undefined;
    this.#controller = undefined;
    return this.#onCancel(reason);
  }

  /** Hands the newest chunk to a waiting reader, or holds it for the next one in place of the one before. */
  offer(chunk: T): void {
    if (this.#wanted) {
      this.#wanted = false; // before enqueue, which asks for the next chunk when a second read is waiting
      this.#controller?.enqueue(chunk);
      return;
    }
    if (this.#held) this.#discarded++;
    this.#held = { chunk };
  }

  /** Ends the branch; a chunk still held is delivered first. */
  close(): void {
    if (this.#held) this.#closing = true;
    else this.#controller?.close();
  }

  /** Breaks the branch; a chunk still held is dropped, as the standard does with a queue. */
  error(reason: unknown): void {
    this.#held = undefined;
    this.#controller?.error(reason);
  }
}

/**
 * One reader's way to a shared stream: what it reads is always the newest chunk at the moment of reading.
 *
 * Whoever holds a branch must read it to its end or cancel it; a branch that is never read costs its slot alone.
 */
export class Branch<T> extends ReadableStream<T> {
  readonly #source: BranchSource<T>;

  constructor(source: BranchSource<T>) {
    // The slot is the one frame of capacity; a second place in the stream's own queue would hold a stale one.
    super(source, { highWaterMark: 0 });
    this.#source = source;
  }

  /** How many chunks were replaced by newer ones before this reader came for them. */
  get discarded(): number {
    return this.#source.discarded;
  }
}
