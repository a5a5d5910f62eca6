import { type Logger, silent } from "../log.ts";
import type { Frame } from "../media/frame.ts";
import { redactor } from "../redact.ts";
import type { Branch } from "../relay/branch.ts";
import type { BranchOptions } from "../relay/branch-options.ts";
import type { TrackState } from "../relay/state.ts";
import { Track } from "../relay/track.ts";
import type { ViewerSession } from "../session/session.ts";
import type { Prediction } from "./prediction.ts";
import { PredictorStream } from "./predictor-stream.ts";
import type { InvalidLines, RejectedLines } from "./response-reader.ts";
import { describePredictor, type PredictorRuntime, type PredictorSource, startPredictor } from "./source.ts";

/** Options for a {@link Predictor}. */
export interface PredictorOptions {
  readonly camera: string;
  readonly source: PredictorSource;
  readonly runtime: PredictorRuntime;
  /** The camera's pictures, of which each run reads a branch. */
  readonly pictures: { tee(options: BranchOptions<Frame>): Branch<Frame> };
  /** The predictor's name, where a viewer chose it. @default none */
  readonly name?: string | undefined;
  /** The viewer it works for. @default none, it works for all */
  readonly session?: ViewerSession | undefined;
  /** Milliseconds that it goes on without a reader; with Infinity it always runs. @default Infinity */
  readonly idleTimeout?: number | undefined;
  /** Predictions kept for readers that ask for all of them, or come back. @default 64 */
  readonly replay?: number | undefined;
  /** Texts to redact from its logs, states and reports. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/**
 * State and counters of a {@link Predictor}, as plain data; `lastInvalidLine` has secrets redacted.
 *
 * @example
 * ```ts
 * const { state, rate, restarts } = predictor.report();
 * console.log(`${state}: ${rate} predictions per second, ${restarts} restarts`);
 * ```
 */
export interface PredictorReport extends TrackState {
  /** Display name of the predictor. */
  readonly predictor: string;
  /** Recent predictions per second. */
  readonly rate: number;
  /** Predictions over all runs. */
  readonly answered: number;
  /** Runs that ended although they were still wanted. */
  readonly restarts: number;
  /** Lines of its standard output that were no answer, by reason. */
  readonly invalidLines: InvalidLines;
  /** Beginning of the last one of them. */
  readonly lastInvalidLine: string | null;
  /** Milliseconds since the newest prediction; null before the first. */
  readonly age: number | null;
}

/**
 * A predictor on one camera: a track of predictions made from its track of pictures.
 *
 * It reads a branch of the pictures like any viewer, so nothing that happens to it reaches a frame. A run that ends,
 * throws or is late is followed by the next, as a camera's is. It ends with the camera, or by `close()`; see
 * {@link PredictorReport} for an example.
 */
export class Predictor {
  /** The predictions of all runs. */
  readonly predictions: Track<Prediction>;
  readonly #options: PredictorOptions;
  readonly #log: Logger;
  readonly #redact: (text: string) => string;
  readonly #invalidLines = { malformed: 0, unsolicited: 0, mismatched: 0 };
  #lastInvalidLine: string | null = null; // as it came: most are never told
  #exited: Promise<unknown> = Promise.resolve();
  #predictedAt: number | undefined;

  constructor(options: PredictorOptions) {
    const { camera, log = silent, secrets = [], idleTimeout, replay = 64 } = options;
    this.#options = options;
    this.#log = log;
    this.#redact = redactor(secrets);
    this.predictions = new Track<Prediction>((signal) => this.#open(signal), {
      track: { camera, kind: "predictions" },
      idleTimeout,
      replay,
      stallAfter: Number.POSITIVE_INFINITY, // a camera may have no frames; an answer has its own deadline
      finite: true, // only the camera's own end ends a run well
      redact: this.#redact,
      pass: (prediction) => {
        this.#predictedAt = performance.now();
        return prediction;
      },
      onState: (state) => this.#logState(state),
    });
  }

  /** Settles when it has ended and nothing of the predictor is left. */
  get closed(): Promise<void> {
    return this.predictions.closed.then(() => this.#exited).then(() => {});
  }

  /** Returns its state and counters. */
  report(): PredictorReport {
    const { state, rate, count, restarts } = this.predictions;
    return {
      predictor: describePredictor(this.#options.source),
      ...state,
      rate: Math.round(rate * 10) / 10,
      answered: count,
      restarts,
      invalidLines: { ...this.#invalidLines },
      lastInvalidLine: this.#lastInvalidLine === null ? null : this.#redact(this.#lastInvalidLine),
      age: this.#predictedAt === undefined ? null : Math.round(performance.now() - this.#predictedAt),
    };
  }

  /** Ends it: all readers see the end, and the promise settles when nothing of the predictor is left. */
  async close(): Promise<void> {
    await this.predictions.close();
    await this.#exited;
  }

  async #open(signal: AbortSignal): Promise<ReadableStream<Prediction>> {
    await this.#exited; // one at a time: a model may want the whole of a machine
    signal.throwIfAborted();
    const { camera, source, runtime, pictures, name: predictor, session } = this.#options;
    const { fps, deadline, maxSize } = source === "motion" ? {} : source;
    const program = await startPredictor(source, {
      runtime,
      camera,
      session,
      signal,
      onLine: (line) => this.#log.info("{camera}: predictor: {line}", { camera, predictor, line: this.#redact(line) }),
      onRejected: (lines) => this.#countInvalidLines(lines),
    });
    this.#exited = program.gone;
    const options = { camera, predictor, session, deadline, maxSize, signal: program.over };
    return pictures.tee({ fps }).pipeThrough(new PredictorStream(program.predict, options));
  }

  #countInvalidLines({ reason, count: more, beginning }: RejectedLines): void {
    const before = this.#invalidLines[reason];
    const count = before + more;
    this.#invalidLines[reason] = count;
    this.#lastInvalidLine = beginning;
    if (Math.floor(Math.log2(count)) === Math.floor(Math.log2(before))) return; // the first, second, fourth, eighth … is logged
    this.#log.warn("{camera}: predictor: {count} {reason} lines, the last one begins {beginning}", {
      camera: this.#options.camera,
      count,
      reason,
      beginning: this.#redact(beginning),
    });
  }

  #logState({ state, cause }: TrackState): void {
    const { camera, name: predictor } = this.#options;
    const level = state === "failed" || state === "restarting" ? "warn" : "info";
    const text = cause ? "{camera}: predictor {state}: {cause}" : "{camera}: predictor {state}";
    this.#log[level](text, { camera, predictor, state, cause });
  }
}
