import { Failure } from "../failure.ts";
import type { Frame } from "../media/frame.ts";
import { runWithSession } from "../session/context.ts";
import type { ViewerSession } from "../session/session.ts";
import { stoodStill } from "../supervise/standstill.ts";
import { CarriedPrediction } from "./carried-prediction.ts";
import { CheckedJson } from "./checked-json.ts";
import type { ResultBounds } from "./result.ts";

/** The second argument of a {@link Predict} function, which has an example. */
export interface PredictContext {
  /** Aborted when the result is no longer needed. */
  readonly signal: AbortSignal;
  /** The viewer that the prediction is for; undefined if all viewers share the predictor. */
  readonly session: ViewerSession | undefined;
}

/**
 * Predicts from one frame. Returns anything that JSON can represent: a value, a promise of one, or a generator of
 * several. The frame is shared: do not change it.
 *
 * @example
 * ```ts
 * const predict: Predict = async ({ data }, { signal }) => {
 *   const response = await fetch(url, { method: "POST", body: data, signal });
 *   return await response.json();
 * };
 * ```
 */
export type Predict = (frame: Frame, context: PredictContext) => unknown;

/** Options for {@link PredictorStream}, which has an example. */
export interface PredictorStreamOptions extends ResultBounds {
  /** Name of the camera, copied to every prediction. */
  readonly camera: string;
  /** Name of the predictor, if a viewer chose it; copied to every prediction. @default none */
  readonly predictor?: string | undefined;
  /** The viewer that the predictions are for. @default none, they are for all viewers */
  readonly session?: ViewerSession | undefined;
  /** Milliseconds allowed for each answer. @default 10000 */
  readonly deadline?: number | undefined;
  /** Errors the stream with its reason when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Transforms frames into predictions, one frame at a time.
 *
 * Takes the next frame only when the predictions for the last one have been read, so on a camera's branch it always gets
 * the newest frame, and buffers none. Errors if the predictor throws, returns a value that JSON cannot represent or that
 * is too large, or does not answer in time; {@link supervise} can restart it.
 *
 * @example
 * ```ts
 * const measure = async (frame: Frame) => ({ bytes: frame.data.length });
 * for await (const { sequence, result } of front.tee().pipeThrough(new PredictorStream(measure, { camera: "front" })))
 *   console.log(sequence, result);
 * ```
 */
export class PredictorStream {
  readonly readable: ReadableStream<CarriedPrediction>;
  readonly writable: WritableStream<Frame>;
  readonly #predict: Predict;
  readonly #options: PredictorStreamOptions;
  readonly #over = new AbortController();
  #output: ReadableStreamDefaultController<CarriedPrediction> | undefined;
  #input: WritableStreamDefaultController | undefined;
  #isPulled = false;
  #proceed: (() => void) | undefined;

  constructor(predict: Predict, options: PredictorStreamOptions) {
    this.#predict = predict;
    this.#options = options;
    const { signal } = options;
    this.readable = new ReadableStream<CarriedPrediction>(
      {
        start: (controller) => {
          this.#output = controller;
        },
        pull: () => {
          this.#isPulled = true;
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
      write: (frame) => this.#predictFrom(frame),
      close: () => {
        this.#output?.close();
        this.#output = undefined;
        this.#end(undefined);
      },
      abort: (reason) => this.#end(reason),
    });
    signal?.addEventListener("abort", this.#onAbort, { once: true });
    if (signal?.aborted) this.#onAbort();
  }

  async #predictFrom(frame: Frame): Promise<void> {
    const { camera, predictor } = this.#options;
    const { sequence, timestamp } = frame;
    const started = Date.now();
    const startTime = performance.now();
    try {
      for await (const answer of this.#answers(frame)) {
        const result = CheckedJson.from(answer, this.#options);
        const duration = Math.round((performance.now() - startTime) * 10) / 10;
        this.#isPulled = false;
        const facts = { camera, predictor, sequence, timestamp, started, duration };
        this.#output?.enqueue(new CarriedPrediction(facts, result));
      }
    } catch (error) {
      this.#end(error);
      throw error;
    }
    // Waits until the predictions have been read: a frame accepted earlier would grow old here.
    while (!this.#isPulled && !this.#over.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#proceed = resolve;
      });
    }
  }

  /** Runs the predictor within its session, and each `next()` as well, since that is where a generator's body runs. */
  async *#answers(frame: Frame): AsyncGenerator<unknown, void> {
    const { session } = this.#options;
    const { signal } = this.#over;
    const output = runWithSession(session, () => this.#predict(frame, { signal, session }));
    if (!isGenerator(output)) return yield await this.#withDeadline(output);
    try {
      for (;;) {
        const { done, value } = await this.#withDeadline(runWithSession(session, () => output.next()));
        if (done) return;
        yield await this.#withDeadline(value);
      }
    } finally {
      if (signal.aborted)
        void (async () => runWithSession(session, () => output.return?.(undefined)))().catch(() => {});
    }
  }

  #withDeadline<T>(answer: T | PromiseLike<T>): Promise<T> {
    const { deadline = 10_000 } = this.#options;
    const { signal } = this.#over;
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const due = performance.now() + deadline;
      const onTimeout = () => this.#end(new Failure(`no answer within ${Math.round(deadline / 100) / 10} s`));
      let timer = setTimeout(() => {
        if (stoodStill(due)) timer = setTimeout(onTimeout, deadline);
        else onTimeout();
      }, deadline);
      const onAbort = () => {
        clearTimeout(timer); // the answer may never settle
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      Promise.resolve(answer)
        .then(resolve, reject)
        .finally(() => {
          clearTimeout(timer);
          signal.removeEventListener("abort", onAbort);
        });
    });
  }

  readonly #onAbort = (): void => this.#end(this.#options.signal?.reason);

  #end(reason: unknown): void {
    if (this.#over.signal.aborted) return;
    this.#options.signal?.removeEventListener("abort", this.#onAbort);
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
