import { FrameRateLimiter } from "../media/frame-rate-limiter.ts";
import type { Pacer, SentFrame } from "../pacing/pacer.ts";
import type { BranchOptions, Position } from "./branch-options.ts";
import type { ChunkSink, Drainable } from "./drainable.ts";
import type { BranchStatus, TrackName } from "./peer.ts";
import { RateMeter } from "./rate-meter.ts";
import { type BranchBuffer, createBuffer, type Entry } from "./retention.ts";

/** A stream's way to feed one of its branches. */
export interface BranchFeed<T> {
  /** Offers the next chunk. */
  offer(entry: Entry<T>): void;
  /** Ends the branch when the chunks that wait have been read. */
  close(): void;
  /** Breaks the branch; chunks that wait are dropped, as the standard does with a queue. */
  error(reason: unknown): void;
}

/** Options for the stream that makes a branch. */
export interface BranchSource<T> {
  /** Called at once with the way to feed the branch. */
  start(feed: BranchFeed<T>): void;
  /** Called once, when the reader lets go; the reader's `cancel()` settles with it. */
  cancel(reason: unknown): void | PromiseLike<void>;
  readonly track?: TrackName | undefined;
  /** Called when the reader can only go on with a key chunk. */
  readonly onKeyNeeded?: (() => void) | undefined;
}

/** The fields that options read off a chunk, where it has them. */
interface Timed {
  readonly timestamp?: number;
  readonly arrival?: number;
  readonly sequence?: number;
}

/**
 * One reader's way to a shared stream. With the retention `latest` what it reads is always the newest chunk at the moment
 * of reading.
 *
 * A ReadableStream cannot take back a chunk it has enqueued, so chunks wait in a buffer of the branch's own, and one is
 * enqueued when the reader reads and the pacer permits. The stream itself has a `highWaterMark` of 0 and holds none.
 *
 * The reader reads a branch to its end or cancels it; a branch that is never read costs its buffer alone. Bound: what its
 * {@link Retention} says, one chunk by default. What is dropped is counted in `dropped`.
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
  readonly #abort = (): void => this.#cancelled();
  #sink: ChunkSink<U> | undefined;
  /** Tells a sink how the branch has ended. */
  #ending: ((sink: ChunkSink<U>) => void) | undefined;
  /** Number of the chunk to continue behind, until the first one is delivered. */
  #lastNumber: number | undefined;
  #sent = 0;
  #lost = 0; // chunks that the reader was too slow for since the last one delivered
  #isOpen = true;
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
    const { retention = "latest", fps, pacer, peer, signal, after } = options;
    this.track = source.track;
    this.#source = source;
    this.#options = options;
    this.#sink = sink;
    this.#pacer = pacer;
    this.#buffer = createBuffer<T>(retention, source.onKeyNeeded);
    this.#limiter = fps === undefined ? undefined : new FrameRateLimiter(fps);
    this.#lastNumber = after;
    peer?.attach(this);
    signal?.addEventListener("abort", this.#abort, { once: true });
    source.start({
      offer: (entry) => this.#offer(entry),
      close: () => this.#closeWhenRead(),
      error: (reason) => this.#error(reason),
    });
    if (signal?.aborted) this.#cancelled();
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
      const tell = ending;
      ending = undefined;
      if (tell) tell(sink);
      else this.#pull();
    };
    return { pull, cancel: (reason) => this.#cancel(reason) };
  }

  #pull(): void {
    if (!this.#isOpen) return;
    this.#pacer?.requested?.();
    this.#isRequested = true;
    this.#deliver();
  }

  #cancel(reason: unknown): void | PromiseLike<void> {
    if (!this.#isOpen) return;
    this.#finish((sink) => sink.close());
    return this.#source.cancel(reason);
  }

  /** Lets go of the branch for the reader, because its signal was aborted. */
  #cancelled(): void {
    if (!this.#isOpen) return;
    this.#end((sink) => sink.close());
    void Promise.resolve(this.#source.cancel(this.#options.signal?.reason)).catch(() => {}); // nobody is left to tell
  }

  #offer(entry: Entry<T>): void {
    if (!this.#isOpen || this.#isClosing) return;
    if (this.#limiter && !this.#limiter.accepts(entry.chunk as { timestamp: number })) {
      this.dropped.rate++;
      return;
    }
    this.#pacer?.available?.();
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
      this.#take();
      return;
    }
    this.#isWaiting = true;
    void wait.then(() => {
      this.#isWaiting = false;
      if (this.#isOpen) this.#take();
    });
  }

  /** Delivers the next chunk that has not expired, if one waits. */
  #take(): void {
    const entry = this.#buffer.shift();
    if (!entry) {
      this.#pacer?.skipped?.(); // all that waited was dropped before its turn came
    } else if (this.#isExpired(entry.chunk)) {
      const count = 1 + (this.#buffer.skipped?.() ?? 0);
      this.dropped.age += count;
      this.#lost += count;
      this.#pacer?.skipped?.();
      this.#deliver();
    } else {
      this.#isRequested = false; // before the sink asks for the next one, as it may do at once
      this.#enqueue(entry);
    }
    if (this.#isClosing && this.#buffer.isEmpty) this.#close();
  }

  #enqueue({ chunk, number }: Entry<T>): void {
    const { encode, limit = Number.POSITIVE_INFINITY } = this.#options;
    const isLast = ++this.#sent >= limit;
    const value = encode ? encode(chunk, this.#position(number, isLast)) : (chunk as unknown as U);
    this.#lost = 0;
    this.#lastNumber = undefined;
    this.#meter.count();
    this.#pacer?.sent(sizeOf(value), isSentFrame(chunk) ? chunk : { sequence: number, arrival: performance.now() });
    if (isLast) this.#buffer.clear(); // a sink that asks for the next one at once gets none
    this.#sink?.enqueue(value);
    if (!isLast || !this.#isOpen) return;
    this.#close();
    void Promise.resolve(this.#source.cancel(undefined)).catch(() => {}); // nobody is left to tell
  }

  #position(number: number, last: boolean): Position {
    // Behind a number that another process gave, `after` says nothing, and the difference may be below zero.
    const missed = this.#lastNumber === undefined ? 0 : Math.max(0, number - this.#lastNumber - 1 - this.#lost);
    return { first: this.#sent === 1, last, number, lost: this.#lost + missed };
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

  #end(tell: (sink: ChunkSink<U>) => void): void {
    const sink = this.#sink;
    this.#finish(tell);
    if (sink) tell(sink);
  }

  #finish(ending: (sink: ChunkSink<U>) => void): void {
    const { signal, peer, onEnd } = this.#options;
    this.#isOpen = false;
    this.#ending = ending;
    this.#sink = undefined;
    this.#buffer.clear();
    signal?.removeEventListener("abort", this.#abort);
    this.#pacer?.close();
    peer?.detach(this);
    onEnd?.();
  }
}

/** Frames are handed on as they are: an object for each frame and viewer would cost more than the rest of this. */
function isSentFrame(chunk: unknown): chunk is SentFrame {
  const { arrival, sequence } = chunk as Partial<SentFrame>;
  return arrival !== undefined && sequence !== undefined;
}

/** Bytes of what is sent; characters of a text, which is near enough. */
function sizeOf(value: unknown): number {
  return typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
}
