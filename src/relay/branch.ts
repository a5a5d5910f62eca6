/**
 * How one reader looks at a shared stream: which chunks are for it, when it may have one, and what it gets for it.
 *
 * Everything is optional; without any of it a reader gets the newest chunk, as it is, whenever it reads.
 */
export interface View<T, U> {
  /** Whether a chunk is for this reader; asked once for each, as it comes. */
  accepts?(chunk: T): boolean;
  /** The reader wants a chunk, and so has taken the one before. */
  wanted?(): void;
  /** Settles when the reader may have a chunk, undefined if it may at once; asked when it wants one and there is one. */
  ready?(): Promise<void> | undefined;
  /** Whether a chunk has waited too long; asked when it would be taken, and one that has is dropped. */
  expired?(chunk: T): boolean;
  /** What the reader gets for a chunk, made when it is taken. Chunks are shared: it may not change them. */
  map?(chunk: T): U;
  /** Whether the chunk it just got was the last it wants: then the branch closes. */
  last?(): boolean;
  /** What the reader gets before the branch closes. */
  end?(): U | undefined;
  /** Called once, when the branch is over, however it ended. */
  left?(): void;
  /** Lets go of the branch when it is aborted, as if the reader had cancelled it. */
  readonly signal?: AbortSignal | undefined;
}

/** What a branch's source needs of a stream's controller. */
export type Controller<U> = Pick<ReadableStreamDefaultController<U>, "enqueue" | "close" | "error">;

/**
 * The underlying source of a {@link Branch}: a slot for one chunk, which the next chunk replaces.
 *
 * A ReadableStream cannot take back what it has enqueued, so the chunk waits here, and is enqueued only when somebody
 * reads. Whoever feeds the branch calls `offer`, `close` and `error`; the branch's reader drives `pull` and `cancel`.
 *
 * Bound: one chunk. What it replaces is counted in `discarded`.
 */
export class BranchSource<T, U = T> {
  readonly #view: View<T, U>;
  readonly #leave: (reason: unknown) => void | PromiseLike<void>;
  readonly #abort = (): void => this.#abandon();
  #controller: Controller<U> | undefined;
  #held: T | undefined;
  #holds = false;
  #wanted = false;
  #waiting = false;
  #closing = false;
  #discarded = 0;

  /** `leave` is called once, when the reader lets go of the branch; the reader's `cancel()` settles with it. */
  constructor(leave: (reason: unknown) => void | PromiseLike<void>, view: View<T, U> = {}) {
    this.#leave = leave;
    this.#view = view;
  }

  /** How many chunks were replaced before anybody read them. */
  get discarded(): number {
    return this.#discarded;
  }

  start(controller: Controller<U>): void {
    this.#controller = controller;
    this.#view.signal?.addEventListener("abort", this.#abort, { once: true });
  }

  pull(): void {
    this.#view.wanted?.();
    this.#wanted = true;
    this.#give();
  }

  cancel(reason: unknown): void | PromiseLike<void> {
    this.#finish();
    return this.#leave(reason);
  }

  /** Hands the newest chunk to a waiting reader, or holds it for the next one in place of the one before. */
  offer(chunk: T): void {
    if (this.#view.accepts && !this.#view.accepts(chunk)) return;
    if (this.#holds) this.#discarded++;
    this.#held = chunk;
    this.#holds = true;
    this.#give();
  }

  /** Ends the branch; a chunk still held is delivered first. */
  close(): void {
    if (this.#holds) this.#closing = true;
    else this.#close();
  }

  /** Breaks the branch; a chunk still held is dropped, as the standard does with a queue. */
  error(reason: unknown): void {
    const controller = this.#controller;
    this.#finish();
    controller?.error(reason);
  }

  #give(): void {
    if (!this.#wanted || !this.#holds || this.#waiting) return;
    const wait = this.#view.ready?.();
    if (!wait) {
      this.#take();
      return;
    }
    this.#waiting = true;
    void wait.then(() => {
      this.#waiting = false;
      if (this.#holds) this.#take();
    });
  }

  #take(): void {
    const chunk = this.#held as T;
    this.#held = undefined;
    this.#holds = false;
    if (!this.#view.expired?.(chunk)) {
      this.#wanted = false; // before enqueue, which asks for the next chunk when a second read is waiting
      this.#enqueue(chunk);
    }
    if (this.#closing) this.#close();
  }

  #enqueue(chunk: T): void {
    const { map } = this.#view;
    this.#controller?.enqueue(map ? map(chunk) : (chunk as unknown as U));
    if (!this.#view.last?.()) return;
    this.#close();
    this.#letGo(undefined);
  }

  #close(): void {
    const controller = this.#controller;
    const last = this.#view.end?.();
    this.#finish();
    if (last !== undefined) controller?.enqueue(last);
    controller?.close();
  }

  #abandon(): void {
    const controller = this.#controller;
    this.#finish();
    controller?.close();
    this.#letGo(this.#view.signal?.reason);
  }

  #letGo(reason: unknown): void {
    void Promise.resolve(this.#leave(reason)).catch(() => {}); // nobody is left to hear of it
  }

  #finish(): void {
    if (!this.#controller) return;
    this.#controller = undefined;
    this.#held = undefined;
    this.#holds = false;
    this.#wanted = false;
    this.#view.signal?.removeEventListener("abort", this.#abort);
    this.#view.left?.();
  }
}

/** A branch's source, whatever it is fed with. */
type Read<U> = Pick<BranchSource<unknown, U>, "start" | "pull" | "cancel" | "discarded">;

/**
 * One reader's way to a shared stream: what it reads is always the newest chunk at the moment of reading.
 *
 * Whoever holds a branch must read it to its end or cancel it; a branch that is never read costs its slot alone.
 */
export class Branch<T> extends ReadableStream<T> {
  readonly #source: Read<T>;

  constructor(source: Read<T>) {
    // The slot is the one frame of capacity; a second place in the stream's own queue would hold a stale one.
    super(source, { highWaterMark: 0 });
    this.#source = source;
  }

  /** How many chunks were replaced by newer ones before this reader came for them. */
  get discarded(): number {
    return this.#source.discarded;
  }

  /**
   * Locks the branch and lets `controller` take its stream's place, for a runtime that writes chunks where they go without
   * a promise for each. Whoever calls it calls `pull` on what it gets whenever there is room for a chunk, not before the
   * last one came, and `cancel` to let go. Throws a `TypeError` if the branch is locked.
   */
  takeOver(controller: Controller<T>): Pick<BranchSource<unknown, T>, "pull" | "cancel"> {
    this.getReader();
    this.#source.start(controller);
    return this.#source;
  }
}
