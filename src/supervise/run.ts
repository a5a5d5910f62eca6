/** Where something supervised stands. */
export type Phase = "idle" | "starting" | "waiting" | "live" | "stalled" | "restarting" | "failed" | "ended";

/** A change of phase, and why, in words for people. */
export interface Change {
  readonly phase: Phase;
  readonly detail?: string | undefined;
}

/** Starts one run: what it gives belongs to the caller, who aborts `signal` when the run is over, however it ended. */
export type Start<T> = (signal: AbortSignal) => ReadableStream<T> | Promise<ReadableStream<T>>;

/** What a {@link Run} is handed. Times are milliseconds. */
export interface RunOptions {
  readonly onChange: (change: Change) => void;
  /** It begins when somebody comes, and is awaited without a deadline. */
  readonly awaited: boolean;
  /** How long it may be silent before its first chunk, and from then on. */
  readonly firstAfter: number;
  readonly stallAfter: number;
}

/** What came of waiting for a run's next chunk: the chunk, or the run's end, with an error unless it ended well. */
export type Next<T> = { readonly done: false; readonly value: T } | { readonly done: true; readonly error?: unknown };

/** One run, watched: how long it has been silent is measured from its start, or from its last chunk. */
export class Run<T> {
  readonly #start: Start<T>;
  readonly #options: RunOptions;
  readonly #signal = new AbortController();
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

  /** Whether there was somebody to read from. */
  get opened(): boolean {
    return this.#reader !== undefined;
  }

  /** Milliseconds from the first chunk to the last, at least 1 if there was one. */
  get uptime(): number {
    return this.#firstChunk === undefined ? 0 : Math.max(1, this.#lastActivity - this.#firstChunk);
  }

  /** Its next chunk, or how it ended. Never rejects. */
  async next(): Promise<Next<T>> {
    try {
      this.#reader ??= await this.#open();
      const { done, value } = await this.#reader.read();
      this.#signal.signal.throwIfAborted(); // cancelling a stream ends a pending read as if all were well
      if (!done) {
        this.#onChunk();
        return { done, value };
      }
      await this.end();
      return { done };
    } catch (error) {
      const reason = this.#signal.signal.aborted ? this.#signal.signal.reason : error;
      await this.end(reason);
      return { done: true, error: reason ?? new Error("unknown reason") };
    }
  }

  /** Ends the run; settles when its stream has let go. Never rejects. */
  async end(reason?: unknown): Promise<void> {
    clearTimeout(this.#timer);
    this.#signal.abort(reason);
    await this.#reader?.cancel(reason).catch(() => {});
  }

  async #open(): Promise<ReadableStreamDefaultReader<T>> {
    this.#change(this.#options.awaited ? "waiting" : "starting");
    if (!this.#options.awaited) this.#watch();
    const signal = this.#signal.signal;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const stream = (async () => this.#start(signal))();
    // A run that opens after it was given up is let go of at once.
    stream.then((late) => (signal.aborted ? late.cancel(signal.reason) : undefined)).catch(() => {});
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
    else this.#period += (now - this.#lastActivity - this.#period) / 8;
    this.#lastActivity = now;
    this.#change("live");
    if (isFirst) this.#watch(); // another deadline from now on
  }

  #watch(): void {
    clearTimeout(this.#timer);
    const { firstAfter, stallAfter } = this.#options;
    const limit = this.#firstChunk === undefined ? firstAfter : Math.max(stallAfter, 5 * this.#period);
    if (limit === Number.POSITIVE_INFINITY) return;
    const silence = performance.now() - this.#lastActivity;
    if (silence >= 2 * limit) return void this.end(new Error(`nothing came for ${seconds(silence)}`));
    if (silence >= limit) this.#change("stalled", `nothing came for ${seconds(silence)}`);
    this.#timer = setTimeout(() => this.#watch(), (silence >= limit ? 2 * limit : limit) - silence);
  }

  #change(phase: Phase, detail?: string): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#options.onChange({ phase, detail });
  }
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}
