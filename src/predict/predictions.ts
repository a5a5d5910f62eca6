import { type Logger, silent } from "../log.ts";
import type { Frame } from "../media/frame.ts";
import { FrameRateLimiter } from "../media/frame-rate-limiter.ts";
import { redactor } from "../redact.ts";
import type { Branch, View } from "../relay/branch.ts";
import { Broadcaster } from "../relay/broadcaster.ts";
import { RateMeter } from "../relay/rate-meter.ts";
import type { ViewerSession } from "../session/session.ts";
import { Demand } from "../supervise/demand.ts";
import type { Change, Phase } from "../supervise/run.ts";
import { supervise } from "../supervise/supervise.ts";
import type { Prediction } from "./prediction.ts";
import { PredictorStream } from "./predictor-stream.ts";
import { type Entry, type Followed, type FollowOptions, ReplayBuffer } from "./replay-buffer.ts";
import type { InvalidLines } from "./response-reader.ts";
import { describePredictor, type PredictorRuntime, type PredictorSource, startPredictor } from "./source.ts";

/** What {@link Predictions} are made of. */
export interface PredictionsOptions {
  readonly camera: string;
  readonly source: PredictorSource;
  readonly runtime: PredictorRuntime;
  /** Gives a branch of the camera. */
  readonly tee: (view: View<Frame, Frame>) => Branch<Frame>;
  /** The predictor's name, where a viewer chose it. @default none */
  readonly predictor?: string | undefined;
  /** The viewer it works for. @default none, it works for all */
  readonly session?: ViewerSession | undefined;
  /** Milliseconds that it goes on when nobody follows any more; with Infinity it always runs. @default Infinity */
  readonly idleTimeout?: number | undefined;
  /** What must appear in nothing that is told of it. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** How a predictor fares, in plain data. */
export interface PredictionsReport extends InvalidLines {
  /** What predicts, in words. */
  readonly predictor: string;
  readonly state: Phase;
  /** Why, in words for people. */
  readonly detail: string | null;
  /** When the state began, in milliseconds since the epoch. */
  readonly since: number;
  /** Answers a second, lately. */
  readonly rate: number;
  readonly answered: number;
  /** Runs that have ended though they were still wanted. */
  readonly failed: number;
  /** How the last line began that was taken for no answer. */
  readonly stray: string | null;
  /** Milliseconds since the newest answer; null before the first. */
  readonly age: number | null;
}

/**
 * The predictions of one predictor on one camera, run after run, for all who follow them.
 *
 * It reads a branch of the camera like any viewer, so nothing that happens to it reaches a frame. A run that ends, throws
 * or is late is followed by the next as a camera's is. It ends with the camera, or by `close()`.
 */
export class Predictions {
  /** Settles when it has ended and nothing of the predictor is left. */
  readonly closed: Promise<void>;
  readonly #options: PredictionsOptions;
  readonly #log: Logger;
  readonly #hide: (text: string) => string;
  readonly #demand: Demand;
  readonly #broadcaster: Broadcaster<Prediction>;
  readonly #history = new ReplayBuffer();
  readonly #meter = new RateMeter();
  readonly #strays = { malformed: 0, unsolicited: 0, mismatched: 0 };
  #gone: Promise<unknown> = Promise.resolve();
  #state: { readonly state: Phase; readonly detail: string | null; readonly since: number };
  #answered = 0;
  #answeredAt: number | undefined;
  #failed = 0;
  #stray: string | null = null;

  constructor(options: PredictionsOptions) {
    this.#options = options;
    this.#log = options.log ?? silent;
    this.#hide = redactor(options.secrets ?? []);
    this.#demand = new Demand({ idleTimeout: options.idleTimeout });
    this.#state = { state: this.#demand.wanted ? "starting" : "idle", detail: null, since: Date.now() };
    const predictions = supervise((signal) => this.#start(signal), {
      stallAfter: Number.POSITIVE_INFINITY, // a camera may have no frames; an answer has its own deadline
      demand: this.#demand,
      finite: true, // only the camera's own end ends a run well
      pass: (prediction) => this.#keep(prediction),
      onChange: (change) => this.#change(change),
    });
    this.#broadcaster = new Broadcaster(predictions);
    // They are made whether or not anybody follows.
    this.closed = this.#broadcaster
      .tee()
      .pipeTo(new WritableStream())
      .then(() => this.#gone)
      .then(() => {});
  }

  /** The newest one, if there has been one. */
  get newest(): Entry | undefined {
    return this.#history.newest;
  }

  /**
   * The predictions, newest only, from the newest one on, as `view` wants them. Whoever calls it reads the branch to its end
   * or cancels it.
   */
  tee<U>(view: View<Prediction, U>): Branch<U> {
    const leave = this.#demand.acquire();
    const left = () => {
      leave();
      view.left?.();
    };
    return this.#broadcaster.tee({ ...view, left });
  }

  /** Follows the predictions. Whoever calls it reads the stream to its end or cancels it. */
  follow(options: FollowOptions = {}): ReadableStream<Followed> {
    const left = this.#demand.acquire();
    return this.#history.follow(this.#broadcaster.tee({ left }), options);
  }

  /** How it fares. */
  report(): PredictionsReport {
    return {
      predictor: describePredictor(this.#options.source),
      ...this.#state,
      rate: Math.round(this.#meter.rate() * 10) / 10,
      answered: this.#answered,
      failed: this.#failed,
      ...this.#strays,
      stray: this.#stray,
      age: this.#answeredAt === undefined ? null : Math.round(performance.now() - this.#answeredAt),
    };
  }

  /** Ends it: all who follow see the end, and it settles when nothing of the predictor is left. */
  async close(): Promise<void> {
    this.#demand.close();
    await this.#broadcaster.close();
    await this.closed;
  }

  async #start(signal: AbortSignal): Promise<ReadableStream<Prediction>> {
    await this.#gone; // one at a time: a model may want the whole of a machine
    signal.throwIfAborted();
    const { camera, source, runtime, tee, predictor, session } = this.#options;
    const { fps, deadline, maxSize } = source === "motion" ? {} : source;
    const program = await startPredictor(source, {
      runtime,
      camera,
      session,
      signal,
      onLine: (line) => this.#log.info("{camera}: predictor: {line}", { camera, predictor, line: this.#hide(line) }),
      onInvalidLine: (kind, beginning) => this.#countStray(kind, this.#hide(beginning)),
    });
    this.#gone = program.gone;
    const rate = new FrameRateLimiter(fps);
    const frames = tee({ accepts: (frame) => rate.accepts(frame) });
    const options = { camera, predictor, session, deadline, maxSize, signal: program.over };
    return frames.pipeThrough(new PredictorStream(program.predict, options));
  }

  #keep(prediction: Prediction): Prediction {
    this.#answered++;
    this.#answeredAt = performance.now();
    this.#meter.count(this.#answeredAt);
    this.#history.add(prediction);
    return prediction;
  }

  #countStray(kind: keyof InvalidLines, beginning: string): void {
    const count = ++this.#strays[kind];
    this.#stray = beginning;
    if ((count & (count - 1)) !== 0) return; // the first, second, fourth, eighth one tells enough
    this.#log.warn("{camera}: predictor: {count} lines {kind}, the last one begins {beginning}", {
      camera: this.#options.camera,
      count,
      kind,
      beginning,
    });
  }

  #change({ phase, detail: why }: Change): void {
    const detail = why === undefined ? null : this.#hide(why);
    this.#state = { state: phase, detail, since: Date.now() };
    const isBad = phase === "failed" || phase === "restarting";
    if (isBad) this.#failed++;
    this.#log[isBad ? "warn" : "info"](
      detail ? "{camera}: predictor {state}: {detail}" : "{camera}: predictor {state}",
      { camera: this.#options.camera, predictor: this.#options.predictor, state: phase, detail },
    );
  }
}
