import { FrameRateLimiter } from "../media/frame-rate-limiter.ts";
import type { Pacer, SentFrame } from "../pacing/pacer.ts";
import type { BranchOptions } from "./branch-options.ts";
import type { ChunkSink, Drainable } from "./drainable.ts";
import type { BranchStatus, TrackName } from "./peer.ts";
import { RateMeter } from "./rate-meter.ts";
import { type BranchBuffer, createBuffer, type Entry } from "./retention.ts";

/** Feeds one branch of a shared stream. */
export interface BranchFeed<T> {
  /** Offers the next chunk, which the branch may drop. */
  offer(entry: Entry<T>): void;
  /** Closes the branch once the waiting chunks have been read. */
  close(): void;
  /** Errors the branch and drops the waiting chunks, as the Streams Standard does with a queue. */
  error(reason: unknown): void;
}

/** Underlying source of a {@link Branch}. */
export interface BranchSource<T> {
  /** Called when the branch starts, with its feed. */
  start(feed: BranchFeed<T>): void;
  /** Called once, when the reader cancels, its signal is aborted, or the `limit` is reached; `cancel()` settles with it. */
  cancel(reason: unknown): void | PromiseLike<void>;
  readonly track?: TrackName | undefined;
  /** Called when the reader can continue only with a key chunk. */
  readonly onKeyNeeded?: (() => void) | undefined;
}

/** Fields of a chunk that some options depend on. */
interface Timed {
  readonly timestamp?: number;
  readonly arrival?: number;
  readonly sequence?: number;
}

/**
 * One reader's branch of a shared stream. With the retention `latest`, a read returns the newest chunk at that moment.
 *
 * A ReadableStream cannot take back a chunk that it has enqueued. So chunks wait in a buffer of the branch, and one is
 * enqueued when the reader reads and the pacer permits; the stream itself has a `highWaterMark` of 0.
 *
 * The caller reads the branch to its end or cancels it; a branch that is never read costs only its buffer, and a lazy one
 * nothing. Bound: the chunks that its {@link Retention} allows, one by default; dropped chunks are counted in `dropped`.
 *
 * @see {@link Broadcaster} for an example
 */
export class Branch<T, U = T> extends ReadableStream<U> implements Drainable<U>, BranchStatus {
  readonly track: TrackName | undefined;
  readonly since: number = Date.now();
  readonly dropped: { replaced: number; rate: number; age: number } = { replaced: 0, rate: 0, age: 0 };
  readonly #source: BranchSource<T>;
  readonly #options: BranchOptions<T, U>;
  readonly #pacer: Pacer | undefined;
  readonly #buffer: BranchBuffer<T>;
  readonly #limiter: FrameRateLimiter | undefined;
  readonly #meter = new RateMeter();
  readonly #onAbort = (): void => this.#abort();
  #sink: ChunkSink<U> | undefined;
  /** Closes or errors a sink that is attached after the branch has ended. */
  #ending: ((sink: ChunkSink<U>) => void) | undefined;
  /** The option `after`, until the first chunk is delivered. */
  #after: number | undefined;
  #sent = 0;
  #hasDelivered = false;
  #deliveredAt = performance.now();
  #repeatTimer: ReturnType<typeof setTimeout> | undefined;
  /** True while a repeated chunk waits in the buffer. */
  #isRepeating = false;
  #lost = 0; // chunks dropped since the last one delivered, because the reader was too slow
  #isOpen = true;
  #hasStarted = false;
  #isRequested = false;
  #isWaiting = false;
  #isClosing = false;

  constructor(source: BranchSource<T>, options: BranchOptions<T, U> = {}) {
    let sink: ChunkSink<U> | undefined;
    super(
      {
        start: (controller) => {
          sink = controller;
        },
        pull: () => {
          if (this) this.#pull();
        },
        cancel: (reason) => (this ? this.#cancel(reason) : undefined),
      },
      { highWaterMark: 0 },
    );
    const { retention = "latest", fps, pacer, signal, after, lazy } = options;
    if (fps !== undefined && retention === "since-key") {
      throw new TypeError("Cannot limit the rate of coded chunks: each depends on the one before it");
    }
    this.track = source.track;
    this.#source = source;
    this.#options = options;
    this.#sink = sink;
    this.#pacer = pacer;
    this.#buffer = createBuffer<T>(retention, source.onKeyNeeded);
    this.#limiter = fps === undefined ? undefined : new FrameRateLimiter(fps);
    this.#after = after;
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (!lazy) this.#start();
    if (signal?.aborted) this.#abort();
  }

  get sent(): number {
    return this.#sent;
  }

  get rate(): number {
    return this.#meter.rate();
  }

  get pace(): string {
    return this.#pacer?.kind ?? "drain";
  }

  get lag(): number | undefined {
    return this.#pacer?.lag;
  }

  drainTo(sink: ChunkSink<U>): { pull(): void; cancel(reason?: unknown): unknown } {
    this.getReader();
    let ending = this.#ending;
    if (!ending) this.#sink = sink;
    const pull = () => {
      const end = ending;
      ending = undefined;
      if (end) end(sink);
      else this.#pull();
    };
    return { pull, cancel: (reason) => this.#cancel(reason) };
  }

  /** Reads the chunks; leaving the loop cancels the branch. Declared here because the DOM's types have it not everywhere. */
  override [Symbol.asyncIterator](options?: { readonly preventCancel?: boolean }): AsyncGenerator<U, undefined> {
    const iterate: (options?: object) => unknown = super[Symbol.asyncIterator];
    return iterate.call(this, options) as AsyncGenerator<U, undefined>;
  }

  #start(): void {
    this.#hasStarted = true;
    const { onStart, peer } = this.#options;
    onStart?.();
    peer?.attach(this);
    this.#source.start({
      offer: (entry) => this.#offer(entry),
      close: () => this.#closeWhenRead(),
      error: (reason) => this.#error(reason),
    });
  }

  #pull(): void {
    if (!this.#isOpen) return;
    if (!this.#hasStarted) this.#start();
    if (!this.#isOpen) return; // what it reads is over
    this.#pacer?.requested?.();
    this.#isRequested = true;
    this.#deliver();
    if (this.#options.repeat && this.#repeatTimer === undefined) this.#repeat();
  }

  /** Delivers the newest chunk again if there has been none for the interval, or none at all. Sets the timer for the next. */
  #repeat(): void {
    const { repeat } = this.#options;
    if (!repeat || !this.#isOpen) return;
    const isDue = !this.#hasDelivered || performance.now() - this.#deliveredAt >= repeat.interval;
    if (isDue && this.#isRequested && !this.#isWaiting && !this.#isClosing && this.#buffer.isEmpty) {
      const chunk = repeat.chunk();
      this.#isRepeating = chunk !== undefined;
      if (chunk !== undefined) this.#buffer.push({ number: 0, chunk, repeated: true });
      this.#deliver();
    }
    const rest = this.#deliveredAt + repeat.interval - performance.now();
    if (this.#isOpen) this.#repeatTimer = setTimeout(() => this.#repeat(), rest > 0 ? rest : repeat.interval);
  }

  #cancel(reason: unknown): void | PromiseLike<void> {
    if (!this.#isOpen) return;
    this.#finish((sink) => sink.close());
    return this.#source.cancel(reason);
  }

  /** Cancels the branch because its signal was aborted. */
  #abort(): void {
    if (!this.#isOpen) return;
    this.#end((sink) => sink.close());
    void Promise.resolve(this.#source.cancel(this.#options.signal?.reason)).catch(() => {}); // no reader is left to get it
  }

  #offer(entry: Entry<T>): void {
    if (!this.#isOpen || this.#isClosing) return;
    if (this.#limiter && !this.#limiter.accepts(entry.chunk as { timestamp: number })) {
      this.dropped.rate++;
      return;
    }
    this.#pacer?.available?.();
    if (this.#isRepeating) this.#buffer.clear();
    this.#isRepeating = false;
    this.#drop(this.#buffer.push(entry));
    this.#deliver();
  }

  #closeWhenRead(): void {
    if (this.#buffer.isEmpty) this.#close();
    else this.#isClosing = true;
  }

  #error(reason: unknown): void {
    if (this.#isOpen) this.#end((sink) => sink.error(reason));
  }

  #deliver(): void {
    if (!this.#isRequested || this.#isWaiting || this.#buffer.isEmpty) return;
    const wait = this.#pacer?.ready();
    if (!wait) {
      this.#deliverNext();
      return;
    }
    this.#isWaiting = true;
    void wait.then(() => {
      this.#isWaiting = false;
      if (this.#isOpen) this.#deliverNext();
    });
  }

  /** Delivers the next waiting chunk, unless it has expired. */
  #deliverNext(): void {
    const entry = this.#buffer.shift();
    this.#isRepeating = false;
    if (!entry) {
      this.#pacer?.skipped?.(); // every waiting chunk was dropped while the pacer waited
    } else if (!entry.repeated && this.#isExpired(entry.chunk)) {
      const count = 1 + (this.#buffer.skipped?.() ?? 0);
      this.dropped.age += count;
      this.#lost += count;
      this.#pacer?.skipped?.();
      this.#deliver();
    } else {
      this.#isRequested = false; // before the sink pulls again, which it may do synchronously
      this.#enqueue(entry);
    }
    if (this.#isClosing && this.#buffer.isEmpty) this.#close();
  }

  #enqueue({ chunk, number, repeated = false }: Entry<T>): void {
    const { encode, limit = Number.POSITIVE_INFINITY } = this.#options;
    const first = !this.#hasDelivered;
    this.#hasDelivered = true;
    if (!repeated) this.#sent++;
    const last = !repeated && this.#sent >= limit;
    const lost = repeated ? 0 : this.#lost + this.#missedBefore(number);
    const value = encode ? encode(chunk, { first, last, number, repeated, lost }) : (chunk as unknown as U);
    const now = performance.now();
    this.#deliveredAt = now;
    if (!repeated) this.#count();
    // A repeated frame is no older for its viewer than the next one will be: it does not lag.
    const isFrame = !repeated && isSentFrame(chunk);
    this.#pacer?.sent(sizeOf(value), isFrame ? chunk : { sequence: number, arrival: now });
    if (last) this.#buffer.clear(); // a sink that pulls synchronously must not get another chunk
    this.#sink?.enqueue(value);
    if (!last || !this.#isOpen) return;
    this.#close();
    void Promise.resolve(this.#source.cancel(undefined)).catch(() => {}); // no reader is left to get it
  }

  #count(): void {
    this.#lost = 0;
    this.#after = undefined;
    this.#meter.count();
  }

  /** Returns how many chunks after the one that the reader asked to resume behind it did not get. */
  #missedBefore(number: number): number {
    // If `after` comes from another process, the difference is meaningless and may be negative.
    return this.#after === undefined ? 0 : Math.max(0, number - this.#after - 1 - this.#lost);
  }

  #isExpired(chunk: T): boolean {
    const { maxAge } = this.#options;
    const { arrival } = chunk as Timed;
    return maxAge !== undefined && arrival !== undefined && performance.now() - arrival > maxAge;
  }

  #drop(count: number): void {
    this.dropped.replaced += count;
    this.#lost += count;
  }

  #close(): void {
    if (!this.#isOpen) return;
    const { trailer } = this.#options;
    this.#end((sink) => {
      if (trailer !== undefined) sink.enqueue(trailer);
      sink.close();
    });
  }

  #end(ending: (sink: ChunkSink<U>) => void): void {
    const sink = this.#sink;
    this.#finish(ending);
    if (sink) ending(sink);
  }

  #finish(ending: (sink: ChunkSink<U>) => void): void {
    const { signal, peer, onEnd } = this.#options;
    this.#isOpen = false;
    clearTimeout(this.#repeatTimer);
    this.#ending = ending;
    this.#sink = undefined;
    this.#buffer.clear();
    signal?.removeEventListener("abort", this.#onAbort);
    this.#pacer?.close();
    if (this.#hasStarted) peer?.detach(this);
    onEnd?.();
  }
}

/** Returns true for a frame, which is passed on itself: one object per frame and viewer would cost more than the rest. */
function isSentFrame(chunk: unknown): chunk is SentFrame {
  const { arrival, sequence } = chunk as Partial<SentFrame>;
  return arrival !== undefined && sequence !== undefined;
}

/** Returns the bytes of a value; of a text the characters, which is close enough. */
function sizeOf(value: unknown): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}
