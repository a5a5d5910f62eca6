import type { Frame } from "../media/frame.ts";

import { runWithSession } from "../session/context.ts";
import type { ViewerSession } from "../session/session.ts";

import type { Prediction } from "./prediction.ts";
import { checkResult, type ResultBounds } from "./result.ts";

/** What a predictor is told besides the frame. */
export interface PredictContext {
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  /** The viewer it works for; a predictor that all viewers share works for none. */
  readonly session: ViewerSession | undefined;
}

/**
 * Looks at one frame and says what it sees, as anything that JSON can carry: a value, a promise of one, or a generator of
 * several. The frame is shared: it may not be changed.
 */
export type Predict = (frame: Frame, context: PredictContext) => unknown;

/** How a {@link PredictorStream} is to go about it. */
export interface PredictorStreamOptions extends ResultBounds {
  /** The camera's name. */
  readonly camera: string;
  /** The predictor's name, where a viewer chose it. @default none */
  readonly predictor?: string | undefined;
  /** The viewer it works for. @default none, it works for all */
  readonly session?: ViewerSession | undefined;
  /** Milliseconds in which it must give an answer, and the next one after that. @default 10000 */
  readonly deadline?: number | undefined;
  /** Breaks the stream, with its reason, when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Frames in, predictions out, one frame in flight.
 *
 * It asks for a frame when the answers to the last one have been read, so behind a camera's branch it always looks at the
 * newest, and holds none. It errors when the predictor throws, gives what JSON cannot carry or what is too large, or does
 * not answer in time: what has gone wrong once is started anew by whoever supervises it.
 *
 * @example
 * ```ts
 * const look = async (frame: Frame) => ({ bytes: frame.data.length });
 * for await (const { sequence, result } of front.tee().pipeThrough(new PredictorStream(look, { camera: "front" })))
 *   console.log(sequence, result);
 * ```
 */
export class PredictorStream {
  readonly readable: ReadableStream<Prediction>;
  readonly writable: WritableStream<Frame>;
  readonly #predict: Predict;
  readonly #options: PredictorStreamOptions;
  readonly #over = new AbortController();
  #output: ReadableStreamDefaultController<Prediction> | undefined;
  #input: WritableStreamDefaultController | undefined;
  #isWanted = false;
  #proceed: (() => void) | undefined;

  constructor(predict: Predict, options: PredictorStreamOptions) {
    this.#predict = predict;
    this.#options = options;
    const { signal } = options;
    this.readable = new ReadableStream<Prediction>(
      {
        start: (controller) => {
          this.#output = controller;
        },
        pull: () => {
          this.#isWanted = true;
          this.#proceed?.();
        },
        cancel: (reason) => {
          this.#output = undefined;
          this.#end(reason);
        },
      },
      { highWaterMark: 0 },
    );
    this.writable = new WritableStream<Frame>({
      start: (controller) => {
        this.#input = controller;
      },
      write: (frame) => this.#look(frame),
      close: () => {
        this.#output?.close();
        this.#output = undefined;
        this.#end(undefined);
      },
      abort: (reason) => this.#end(reason),
    });
    signal?.addEventListener("abort", this.#break, { once: true });
    if (signal?.aborted) this.#break();
  }

  async #look(frame: Frame): Promise<void> {
    const { camera, predictor } = this.#options;
    const { sequence, timestamp } = frame;
    const started = Date.now();
    const begun = performance.now();
    try {
      for await (const answer of this.#answers(frame)) {
        const result = checkResult(answer, this.#options);
        const duration = Math.round((performance.now() - begun) * 10) / 10;
        this.#isWanted = false;
        this.#output?.enqueue({ camera, predictor, sequence, timestamp, started, duration, result });
      }
    } catch (error) {
      this.#end(error);
      throw error;
    }
    // The next frame may come when this one's answers have been read: one that comes earlier would grow old here.
    while (!this.#isWanted && !this.#over.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#proceed = resolve;
      });
    }
  }

  /** Everything of the predictor's own runs in its session: a generator's body runs wherever it is asked for the next. */
  async *#answers(frame: Frame): AsyncGenerator<unknown, void> {
    const { session } = this.#options;
    const { signal } = this.#over;
    const given = runWithSession(session, () => this.#predict(frame, { signal, session }));
    if (!isGenerator(given)) return yield await this.#inTime(given);
    try {
      for (;;) {
        const { done, value } = await this.#inTime(runWithSession(session, () => given.next()));
        if (done) return;
        yield await this.#inTime(value);
      }
    } finally {
      if (signal.aborted) void (async () => runWithSession(session, () => given.return?.(undefined)))().catch(() => {});
    }
  }

  #inTime<T>(answer: T | PromiseLike<T>): Promise<T> {
    const { deadline = 10_000 } = this.#options;
    const { signal } = this.#over;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const late = () => this.#end(new Error(`no answer within ${Math.round(deadline / 100) / 10} s`));
      const timer = setTimeout(late, deadline);
      const fail = () => {
        clearTimeout(timer); // the answer may never come
        reject(signal.reason);
      };
      signal.addEventListener("abort", fail, { once: true });
      Promise.resolve(answer)
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
          signal.removeEventListener("abort", fail);
        });
    });
  }

  readonly #break = (): void => this.#end(this.#options.signal?.reason);

  #end(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#options.signal?.removeEventListener("abort", this.#break);
    this.#over.abort(reason);
    this.#output?.error(reason);
    this.#output = undefined;
    this.#input?.error(reason);
    this.#proceed?.();
  }
}

function isGenerator(value: unknown): value is Iterator<unknown> | AsyncIterator<unknown> {
  return typeof value === "object" && value !== null && "next" in value && typeof value.next === "function";
}
