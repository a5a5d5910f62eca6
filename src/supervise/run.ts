import { Failure } from "../failure.ts";
import { stoodStill } from "./standstill.ts";

/**
 * State of something supervised.
 *
 * @see {@link SuperviseOptions} for an example
 */
export type Phase = "idle" | "starting" | "waiting" | "live" | "stalled" | "restarting" | "failed" | "ended";

/**
 * A change of phase, with a reason for people to read.
 *
 * `detail` is the kind of failure, fit for everyone; `cause` has all details, with addresses, paths and output of programs.
 *
 * @see {@link SuperviseOptions} for an example
 */
export interface Change {
  readonly phase: Phase;
  readonly detail?: string | undefined;
  readonly cause?: string | undefined;
}

/**
 * Starts one run and returns its stream, which the caller owns. `signal` is aborted when the run is over, whatever the
 * reason.
 *
 * @see {@link supervise} for an example
 */
export type Start<T> = (signal: AbortSignal) => ReadableStream<T> | Promise<ReadableStream<T>>;

/** Options for {@link Run}. Times are milliseconds. */
export interface RunOptions {
  /** Called at each change of phase. */
  readonly onChange: (change: Change) => void;
  /** True if opening waits for a peer to connect, which has no deadline. */
  readonly awaited: boolean;
  /** Time without data after which it is stalled, before its first chunk. */
  readonly firstAfter: number;
  /** The same, from the first chunk on. */
  readonly stallAfter: number;
  /**
   * Returns when the source last showed activity without a chunk, in milliseconds of `performance.now()`; Infinity while no
   * chunks are expected. @default only chunks count
   */
  readonly lastSign?: (() => number) | undefined;
  /** Returns the time between two chunks, if known in advance. @default measured from the chunks */
  readonly period?: (() => number | undefined) | undefined;
}

/** The next chunk of a run, or its end, with an error unless its stream closed. */
export type Next<T> = { readonly done: false; readonly value: T } | { readonly done: true; readonly error?: unknown };

const maxTimeout = 2 ** 31 - 1; // milliseconds: the limit of timers

/**
 * Runs a stream once, and watches that data keeps coming.
 *
 * Measures silence from the start or the last chunk. A run is `stalled` after `firstAfter` or `stallAfter` (five of its
 * own periods, if longer), and ended with an error after twice that. Activity without a chunk postpones the end and, before
 * the first chunk, also the stall. The deadline restarts after this process itself was suspended.
 */
export class Run<T> {
  readonly #start: Start<T>;
  readonly #options: RunOptions;
  readonly #controller = new AbortController();
  #reader: ReadableStreamDefaultReader<T> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #phase: Phase | undefined;
  #lastActivity = performance.now();
  #firstChunk: number | undefined;
  #period = 0; // milliseconds, smoothed

  constructor(start: Start<T>, options: RunOptions) {
    this.#start = start;
    this.#options = options;
  }

  /** True once the stream has been opened. */
  get opened(): boolean {
    return this.#reader !== undefined;
  }

  /** Milliseconds from the first chunk to the last, at least 1; 0 without any chunk. */
  get uptime(): number {
    return this.#firstChunk === undefined ? 0 : Math.max(1, this.#lastActivity - this.#firstChunk);
  }

  /** Returns the next chunk, or the end. Never rejects. */
  async next(): Promise<Next<T>> {
    try {
      this.#reader ??= await this.#open();
      const { done, value } = await this.#reader.read();
      this.#controller.signal.throwIfAborted(); // cancelling a stream ends a pending read without an error
      if (!done) {
        this.#onChunk();
        return { done, value };
      }
      await this.end();
      return { done };
    } catch (error) {
      const reason = this.#controller.signal.aborted ? this.#controller.signal.reason : error;
      await this.end(reason);
      return { done: true, error: reason ?? new Error("unknown reason") };
    }
  }

  /** Ends the run. Settles when its stream has been cancelled; never rejects. */
  async end(reason?: unknown): Promise<void> {
    clearTimeout(this.#timer);
    this.#controller.abort(reason);
    await this.#reader?.cancel(reason).catch(() => {});
  }

  async #open(): Promise<ReadableStreamDefaultReader<T>> {
    this.#change(this.#options.awaited ? "waiting" : "starting");
    if (!this.#options.awaited) this.#watch();
    const signal = this.#controller.signal;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const stream = (async () => this.#start(signal))();
    // A stream that opens after the run was ended is cancelled at once.
    stream.then((opened) => (signal.aborted ? opened.cancel(signal.reason) : undefined)).catch(() => {});
    const reader = (await Promise.race([stream, aborted])).getReader();
    if (this.#options.awaited) {
      this.#lastActivity = performance.now();
      this.#change("starting");
      this.#watch();
    }
    return reader;
  }

  #onChunk(): void {
    const now = performance.now();
    const isFirst = this.#firstChunk === undefined;
    if (this.#firstChunk === undefined) this.#firstChunk = now;
    else this.#measurePeriod(now - this.#lastActivity);
    this.#lastActivity = now;
    this.#change("live");
    if (isFirst) this.#watch(); // applies stallAfter from now on
  }

  /** Adds the time since the previous chunk to the average period. */
  #measurePeriod(gap: number): void {
    this.#period = this.#period === 0 ? gap : this.#period + (gap - this.#period) / 8;
  }

  #watch(due = Number.POSITIVE_INFINITY): void {
    clearTimeout(this.#timer);
    if (stoodStill(due)) this.#lastActivity = performance.now();
    const { firstAfter, stallAfter, lastSign, period } = this.#options;
    const isFirst = this.#firstChunk === undefined;
    const limit = isFirst ? firstAfter : Math.max(stallAfter, 5 * Math.max(this.#period, period?.() ?? 0));
    if (limit === Number.POSITIVE_INFINITY) return;
    const now = performance.now();
    const lastLife = Math.min(now, Math.max(this.#lastActivity, lastSign?.() ?? 0));
    const silence = now - (isFirst ? lastLife : this.#lastActivity);
    if (now - lastLife >= 2 * limit) return void this.end(new Failure(`no data for ${seconds(silence)}`));
    if (silence >= limit) this.#change("stalled", `no data for ${seconds(silence)}`);
    const next = Math.min(silence < limit ? limit - silence : 2 * limit - (now - lastLife), maxTimeout);
    this.#timer = setTimeout((due: number) => this.#watch(due), next, now + next);
  }

  #change(phase: Phase, detail?: string): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#options.onChange({ phase, detail, cause: detail });
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
