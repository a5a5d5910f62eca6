/** Where something supervised stands. */
export type Phase = "starting" | "waiting" | "live" | "stalled" | "restarting" | "failed" | "ended";

/** A change of phase, and why, in words for people. */
export interface Change {
  readonly phase: Phase;
  readonly detail?: string | undefined;
}

/** Starts one run: what it gives belongs to the caller, who aborts `signal` when the run is over, however it ended. */
export type Start<T> = (signal: AbortSignal) => ReadableStream<T> | Promise<ReadableStream<T>>;

/** How {@link supervise} is to go about it. */
export interface SuperviseOptions {
  /** Hears of every change, in order. */
  readonly onChange?: (change: Change) => void;
  /** A run that ends well is the last. @default false */
  readonly finite?: boolean;
  /** A run begins when somebody comes: it is awaited without a deadline, and anew at once. @default false */
  readonly awaited?: boolean;
  /** Milliseconds without a chunk, or five periods if longer, after which a run is stalled; at twice that it is ended. @default 5000 */
  readonly stallAfter?: number;
}

const backoff = { first: 500, most: 30_000, healthy: 60_000 }; // milliseconds

/**
 * Strings run after run of anything that may die into one stream that goes on.
 *
 * A run that ends, errors or stalls is followed by the next one after a random delay, whose bound doubles from 0.5 s to
 * 30 s and starts over after a minute's health (full jitter, https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
 * Chunks of two runs never mix. The stream closes when a `finite` run ends well, never errors, and holds no chunk; it
 * wants to be read all the time, since a chunk that nobody reads counts as silence. Cancelling it ends the run.
 */
export function supervise<T>(start: Start<T>, options: SuperviseOptions = {}): ReadableStream<T> {
  const { onChange = () => {}, finite = false, awaited = false, stallAfter = 5000 } = options;
  const life = new AbortController();
  let run: Run<T> | undefined;
  let failures = 0;

  return new ReadableStream<T>(
    {
      async pull(controller) {
        while (!life.signal.aborted) {
          run ??= new Run(start, { onChange, awaited, stallAfter });
          const next = await run.next();
          if (life.signal.aborted) return;
          if (!next.done) return controller.enqueue(next.value);
          if (finite && next.error === undefined) {
            onChange({ phase: "ended" });
            return controller.close();
          }
          onChange({ phase: run.health > 0 ? "restarting" : "failed", detail: describe(next.error) });
          failures = run.health > backoff.healthy ? 0 : failures + 1;
          const atOnce = awaited && run.opened;
          run = undefined;
          if (!atOnce)
            await sleep(Math.random() * Math.min(backoff.most, backoff.first * 2 ** (failures - 1)), life.signal);
        }
      },
      async cancel(reason) {
        life.abort(reason);
        await run?.end(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

type Next<T> = { readonly done: false; readonly value: T } | { readonly done: true; readonly error?: unknown };

/** One run, watched: how long it has been silent is measured from its start, or from its last chunk. */
class Run<T> {
  readonly #start: Start<T>;
  readonly #options: Required<Pick<SuperviseOptions, "onChange" | "awaited" | "stallAfter">>;
  readonly #signal = new AbortController();
  #reader: ReadableStreamDefaultReader<T> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #phase: Phase | undefined;
  #heard = performance.now();
  #firstChunk: number | undefined;
  #period = 0; // milliseconds, smoothed

  constructor(start: Start<T>, options: Required<Pick<SuperviseOptions, "onChange" | "awaited" | "stallAfter">>) {
    this.#start = start;
    this.#options = options;
  }

  /** Whether there was somebody to read from. */
  get opened(): boolean {
    return this.#reader !== undefined;
  }

  /** Milliseconds from the first chunk to the last, at least 1 if there was one. */
  get health(): number {
    return this.#firstChunk === undefined ? 0 : Math.max(1, this.#heard - this.#firstChunk);
  }

  async next(): Promise<Next<T>> {
    try {
      this.#reader ??= await this.#open();
      const { done, value } = await this.#reader.read();
      this.#signal.signal.throwIfAborted(); // cancelling a stream ends a pending read as if all were well
      if (!done) {
        this.#hear();
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
      this.#heard = performance.now();
      this.#change("starting");
      this.#watch();
    }
    return reader;
  }

  #hear(): void {
    const now = performance.now();
    if (this.#firstChunk === undefined) this.#firstChunk = now;
    else this.#period += (now - this.#heard - this.#period) / 8;
    this.#heard = now;
    this.#change("live");
  }

  #watch(): void {
    const limit = Math.max(this.#options.stallAfter, 5 * this.#period);
    const silence = performance.now() - this.#heard;
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

function describe(error: unknown): string {
  if (error === undefined) return "it ended";
  return error instanceof Error ? error.message : String(error);
}

function seconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 100) / 10} s`;
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const timer = setTimeout(wake, milliseconds);
    signal.addEventListener("abort", wake, { once: true });
  });
}
