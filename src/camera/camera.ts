import { silent } from "../log.ts";
import type { Frame } from "../media/frame.ts";
import { defaultMaxFrameSize } from "../media/parser-options.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import { Predictions } from "../predict/predictions.ts";
import { redactor } from "../redact.ts";
import type { Branch, View } from "../relay/branch.ts";
import { Broadcaster } from "../relay/broadcaster.ts";
import { RateMeter } from "../relay/rate-meter.ts";
import type { ViewerSession } from "../session/session.ts";
import type { SourceRuntime } from "../source/driver.ts";
import type { PushSource } from "../source/push.ts";
import { createSource } from "../source/registry.ts";
import type { Source } from "../source/source.ts";
import { Demand } from "../supervise/demand.ts";
import type { Change } from "../supervise/run.ts";
import { supervise } from "../supervise/supervise.ts";
import { type FilteredFrames, FrameFilter } from "./frame-filter.ts";
import { type CameraOptions, checkOptions, idleTimeoutOf } from "./options.ts";
import { type CameraState, CameraStatus } from "./status.ts";

/**
 * One source of pictures, running from its making to its `close()`, shared by all who look at it.
 *
 * It captures, parses and broadcasts; whatever dies on the way is started anew. It keeps one branch of its own, so that
 * its source is read whether or not anybody watches; on demand there is a source only while somebody does.
 */
export class Camera {
  readonly id: string;
  /** Its source in words, without secrets. */
  readonly source: string;
  /** Largest frame taken, in bytes. */
  readonly maxFrameSize: number;
  /** Where its pictures are pushed to, if they are. */
  readonly pushSource: PushSource | undefined;
  /** The predictions for all viewers; undefined where nothing predicts. They end with the camera. */
  readonly predictions: Predictions | undefined;
  /** The names of the predictors that a viewer may choose. */
  readonly predictors: readonly string[];
  readonly #predict: (name: string, session: ViewerSession) => Predictions | undefined;
  readonly #predicted = new Set<Predictions>();
  readonly #source: Source;
  readonly #demand: Demand;
  readonly #frames: Broadcaster<Frame>;
  readonly #status: CameraStatus;
  readonly #filter: FrameFilter;
  readonly #own: ReadableStreamDefaultReader<Frame>;
  readonly #followed: Promise<void>;
  #closed: Promise<void> | undefined;
  #owners = 0;
  #newest: Frame | undefined;
  readonly #meter = new RateMeter();

  /** Throws a `TypeError` or a `RangeError` for what cannot be. The source starts at once, unless it is on demand. */
  constructor(options: CameraOptions, runtime: SourceRuntime) {
    const spec = checkOptions(options);
    const { id = "camera", maxFrameSize = defaultMaxFrameSize, secrets, log = silent } = options;
    const hide = redactor(secrets ?? []);
    const idleTimeout = idleTimeoutOf(options);
    this.id = id;
    this.#source = createSource(spec, {
      ...runtime,
      maxFrameSize,
      loop: options.loop,
      env: options.env,
      onLine: (line) => log.debug("{camera}: {line}", { camera: id, line: hide(line) }),
      onWarning: (line) => log.warn("{camera}: {line}", { camera: id, line: hide(line) }),
    });
    this.source = hide(this.#source.description);
    this.maxFrameSize = maxFrameSize;
    this.pushSource = this.#source.pushSource;
    this.#filter = new FrameFilter(options);
    this.#demand = new Demand({ idleTimeout });
    this.#status = new CameraStatus({ camera: id, first: idleTimeout === undefined ? "starting" : "idle", hide, log });

    const frames = supervise((signal) => this.#open(signal), {
      finite: this.#source.hasEnd,
      awaited: this.#source.awaited,
      firstAfter: options.firstFrameAfter,
      stallAfter: options.stallAfter,
      demand: this.#demand,
      pass: (frame) => this.#filter.pass(frame),
      onChange: (change) => this.#change(change),
    });
    this.#frames = new Broadcaster(frames);
    const { predict, predictors = {} } = options;
    const base = { camera: id, runtime, tee: (view: View<Frame, Frame>) => this.tee(view), secrets, log };
    this.predictors = Object.keys(predictors);
    this.#predict = (predictor, session) => {
      const source = Object.hasOwn(predictors, predictor) ? predictors[predictor] : undefined;
      return source && new Predictions({ ...base, source, predictor, session });
    };
    this.predictions = predict && new Predictions({ ...base, source: predict, idleTimeout });
    this.#own = this.#frames.tee().getReader(); // it wants nothing: a camera does not run for its own sake
    this.#followed = this.#follow();
  }

  /** How it fares now. */
  get state(): CameraState {
    return this.#status.state;
  }

  /** The newest frame, if there has been one; its `arrival` tells how old it is. */
  get newest(): Frame | undefined {
    return this.#newest;
  }

  /** Frames a second, as they arrived lately; it sinks while none arrive. */
  get fps(): number {
    return this.#meter.rate();
  }

  /** What its parsers made of its source's bytes, over all runs. */
  get input(): ParserStats {
    return this.#source.input;
  }

  /** Runs of its source that ended before they should. */
  get restarts(): number {
    return this.#status.restarts;
  }

  /** Good frames that nobody got, over all runs. */
  get filtered(): FilteredFrames {
    return this.#filter.filtered;
  }

  /**
   * Its frames, newest only, as `view` wants them: from the newest one on while it is live, else from the next one on.
   *
   * Somebody watches from now on, until the branch is over: what is on demand starts, and what waits for another attempt
   * makes it. The caller reads the branch to its end or cancels it.
   */
  tee(): Branch<Frame>;
  tee<U>(view: View<Frame, U>): Branch<U>;
  tee<U>(view: View<Frame, U> = {}): Branch<U> {
    const leave = this.#demand.acquire();
    const left = () => {
      leave();
      view.left?.();
    };
    return this.#frames.tee({ ...view, left });
  }

  /**
   * Starts the predictor of that name for one viewer, whose session it sees; undefined if there is none. Whoever calls it
   * closes what it gives; it ends with the camera at the latest.
   */
  predictFor(name: string, session: ViewerSession): Predictions | undefined {
    const predictions = this.#predict(name, session);
    if (predictions) this.#predicted.add(predictions);
    void predictions?.closed.then(() => this.#predicted.delete(predictions));
    return predictions;
  }

  /** How many predictors run for one viewer each. */
  get privatePredictors(): number {
    return this.#predicted.size;
  }

  /** Its states from the present one on, the last one included; one that lasted less than the reader took may be left out. */
  states(): Branch<CameraState> {
    return this.#status.states();
  }

  /**
   * One more owner: the camera closes when all who have retained it have released it.
   *
   * What this gives releases it, once however often it is called, and settles when that is done, the closing included.
   */
  retain(): () => Promise<void> {
    this.#owners++;
    let released: Promise<void> | undefined;
    return () => {
      released ??= --this.#owners === 0 ? this.close() : Promise.resolve();
      return released;
    };
  }

  /** Ends it for all: every branch closes, and it settles when nothing of its source is left. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#demand.close();
    await this.#frames.close();
    await this.#followed;
    await this.#source.close();
    await Promise.all([this.predictions, ...this.#predicted].map((predictions) => predictions?.close()));
  }

  async #open(signal: AbortSignal): Promise<ReadableStream<Frame>> {
    const frames = await this.#source.open(signal);
    this.#filter.begin();
    return frames;
  }

  async #follow(): Promise<void> {
    for (;;) {
      const { done, value: frame } = await this.#own.read();
      if (done) break;
      this.#meter.count(frame.arrival);
      this.#newest = frame;
    }
    this.#status.end();
  }

  #change({ phase, detail }: Change): void {
    const input = phase === "stalled" || phase === "failed" || phase === "ended" ? this.#source.explain() : undefined;
    this.#status.change({ phase, detail: detail && input ? `${detail} (${input})` : (detail ?? input) });
    if (phase !== "live") this.#frames.forget(); // who comes now wants to see what is, not what was
  }
}
