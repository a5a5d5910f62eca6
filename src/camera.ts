import { type CaptureRuntime, capture } from "./capture/capture.ts";
import { Inlet } from "./capture/push.ts";
import { redactor } from "./capture/redact.ts";
import { type Argv, canLoop, canStart, describeSource, hasEnd, parseSource, type Source } from "./capture/source.ts";
import { type Logger, silent } from "./log.ts";
import type { Frame } from "./media/frame.ts";
import { defaultMaxFrameSize } from "./media/options.ts";
import { FrameParserStream } from "./media/parser.ts";
import { Rate } from "./media/rate.ts";
import { addStats, type ParserStats } from "./media/stats.ts";
import { Meter } from "./meter.ts";
import { Predictions } from "./predict/predictions.ts";
import type { PredictorSource } from "./predict/predictor.ts";
import { Branch, BranchSource, type View } from "./relay/branch.ts";
import { Broadcaster } from "./relay/broadcaster.ts";
import type { ViewerSession } from "./session.ts";
import { Demand } from "./supervise/demand.ts";
import type { Change, Phase } from "./supervise/run.ts";
import { supervise } from "./supervise/supervise.ts";

/** What a camera is made of. Times are milliseconds. */
export interface CameraOptions {
  /** Its name in URLs: `[a-z0-9][a-z0-9_-]{0,62}`. @default "camera" */
  readonly id?: string | undefined;
  /** Where its pictures come from, as the command line takes it, or a program with its arguments. @default the test card */
  readonly source?: string | Argv | undefined;
  /** Largest frame taken, in bytes. @default 8 MiB */
  readonly maxFrameSize?: number | undefined;
  /** Its source runs only while somebody watches, and so long after the last viewer; `true` is 5000. @default false */
  readonly onDemand?: boolean | number | undefined;
  /** A file is played again and again. @default false */
  readonly loop?: boolean | undefined;
  /** At most so many frames a second, evenly in time, for all viewers together. @default all */
  readonly fps?: number | undefined;
  /** Frames thrown away at the start of each run, before a sensor has found its exposure. @default 0 */
  readonly warmup?: number | undefined;
  /** Without a first frame for so long a run is stalled; at twice that it is ended. @default `stallAfter` */
  readonly firstFrameAfter?: number | undefined;
  /** As `firstFrameAfter` from the first frame on, or five of its own periods if that is longer. @default 5000 */
  readonly stallAfter?: number | undefined;
  /** Variables for its program, or for ffmpeg, besides those of this process; what they hold is kept out of logs. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What predicts for all viewers: `motion`, a program, or a module. @default nothing */
  readonly predict?: PredictorSource | undefined;
  /** What a viewer may choose by name, and then has predict for itself alone. @default none */
  readonly predictors?: Readonly<Record<string, PredictorSource>> | undefined;
  /** What must appear in nothing that it tells, besides passwords in URLs, which never do. @default none */
  readonly secrets?: readonly string[] | undefined;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** How a camera fares. */
export interface CameraState {
  readonly state: Phase;
  /** Why, in words for people. */
  readonly detail: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** Frames that a camera has left out, for all viewers together, by reason. */
export interface LeftOut {
  /** They came while it warmed up. */
  readonly warmup: number;
  /** They came faster than its rate. */
  readonly rate: number;
}

const idPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const defaultLinger = 5000; // milliseconds

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
  readonly inlet: Inlet | undefined;
  /** The predictions for all viewers; undefined where nothing predicts. They end with the camera. */
  readonly predictions: Predictions | undefined;
  /** The names of the predictors that a viewer may choose. */
  readonly predictors: readonly string[];
  readonly #predict: (name: string, session: ViewerSession) => Predictions | undefined;
  readonly #predicted = new Set<Predictions>();
  readonly #log: Logger;
  readonly #hide: (text: string) => string;
  readonly #life = new AbortController();
  readonly #demand: Demand;
  readonly #frames: Broadcaster<Frame>;
  readonly #changes: BranchSource<CameraState>;
  readonly #states: Broadcaster<CameraState>;
  readonly #own: ReadableStreamDefaultReader<Frame>;
  readonly #followed: Promise<void>;
  readonly #warmup: number;
  readonly #rate: Rate;
  readonly #leftOut = { warmup: 0, rate: 0 };
  #restarts = 0;
  #cold = 0; // frames of this run that are still to be thrown away
  #gone: Promise<void> = Promise.resolve();
  #closed: Promise<void> | undefined;
  #owners = 0;
  #state: CameraState;
  #newest: Frame | undefined;
  readonly #meter = new Meter();
  #sequence = 0;
  #earlier: ParserStats = addStats([]);
  #latest: ParserStats = addStats([]);

  /** Throws a `TypeError` or a `RangeError` for what cannot be. The source starts at once, unless it is on demand. */
  constructor(options: CameraOptions, runtime: CaptureRuntime) {
    const { id = "camera", source = "testcard:", maxFrameSize = defaultMaxFrameSize, log = silent } = options;
    const { onDemand = false, loop = false, fps, warmup = 0, firstFrameAfter, stallAfter, env } = options;
    if (!idPattern.test(id)) {
      throw new TypeError(
        `Cannot name a camera "${id}": use a-z, 0-9, "_" and "-", at most 63, a letter or digit first`,
      );
    }
    const what: Source = typeof source === "string" ? parseSource(source) : { kind: "command", argv: source };
    this.id = id;
    this.#hide = redactor(options.secrets ?? []);
    this.source = this.#hide(describeSource(what));
    this.maxFrameSize = maxFrameSize;
    this.inlet = what.kind === "push" ? new Inlet() : undefined;
    this.#check(what, options);
    this.#log = log;
    this.#warmup = warmup;
    this.#rate = new Rate(fps);
    this.#demand = new Demand({
      linger: onDemand === false ? undefined : onDemand === true ? defaultLinger : onDemand,
    });
    this.#state = { state: onDemand === false ? "starting" : "idle", detail: null, since: Date.now() };
    this.#changes = new BranchSource<CameraState>(() => {});
    this.#states = new Broadcaster(new Branch(this.#changes));
    this.#changes.offer(this.#state);

    const run = capture(what, {
      ...runtime,
      signal: this.#life.signal,
      inlet: this.inlet,
      loop,
      env,
      onLine: (line) => log.debug("{camera}: {line}", { camera: id, line: this.#hide(line) }),
      onWarning: (line) => log.warn("{camera}: {line}", { camera: id, line: this.#hide(line) }),
    });
    const frames = supervise(async (signal) => this.#parse(await run(signal), maxFrameSize), {
      finite: hasEnd(what),
      awaited: what.kind === "listen" || what.kind === "push",
      firstAfter: firstFrameAfter,
      stallAfter,
      demand: this.#demand,
      pass: (frame) => this.#admit(frame),
      onChange: (change) => this.#change(change),
    });
    this.#frames = new Broadcaster(frames);
    const { predict, predictors = {}, secrets } = options;
    const base = { camera: id, runtime, tee: (view: View<Frame, Frame>) => this.tee(view), secrets, log };
    this.predictors = Object.keys(predictors);
    this.#predict = (predictor, session) => {
      const source = Object.hasOwn(predictors, predictor) ? predictors[predictor] : undefined;
      return source && new Predictions({ ...base, source, predictor, session });
    };
    const { linger } = this.#demand;
    this.predictions = predict && new Predictions({ ...base, source: predict, linger });
    this.#own = this.#frames.tee().getReader(); // it wants nothing: a camera does not run for its own sake
    this.#followed = this.#follow();
  }

  /** How it fares now. */
  get state(): CameraState {
    return this.#state;
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
    return addStats([this.#earlier, this.#latest]);
  }

  /** Runs of its source that ended before they should. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Good frames that nobody got, over all runs. */
  get leftOut(): LeftOut {
    return { ...this.#leftOut };
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
    const leave = this.#demand.enter();
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
  get busy(): number {
    return this.#predicted.size;
  }

  /** Its states from the present one on, the last one included; one that lasted less than the reader took may be left out. */
  states(): Branch<CameraState> {
    if (this.#state.state !== "ended") return this.#states.tee();
    const last = new BranchSource<CameraState>(() => {});
    const branch = new Branch(last);
    last.offer(this.#state);
    last.close();
    return branch;
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
    this.#life.abort();
    this.#demand.close();
    await this.#frames.close();
    await this.#followed;
    await this.#gone; // cancelling a pipe does not wait for its source
    await Promise.all([this.predictions, ...this.#predicted].map((predictions) => predictions?.close()));
  }

  #check(source: Source, { onDemand, loop, fps, warmup = 0 }: CameraOptions): void {
    const cannot = `Cannot start camera "${this.id}"`;
    if (loop && !canLoop(source)) {
      throw new TypeError(`${cannot} in a loop: ${this.source} is no file; only a file can be played again`);
    }
    if (onDemand !== undefined && onDemand !== false && !canStart(source)) {
      throw new TypeError(`${cannot} on demand: ${this.source} comes by itself; only what teecam starts can wait`);
    }
    if (fps !== undefined && !(fps > 0)) throw new RangeError(`${cannot}: fps is above 0, not ${fps}`);
    if (!(Number.isInteger(warmup) && warmup >= 0)) {
      throw new RangeError(`${cannot}: warmup is a number of frames, 0 or more, not ${warmup}`);
    }
  }

  #parse(bytes: ReadableStream<Uint8Array>, maxFrameSize: number | undefined): ReadableStream<Frame> {
    const parser = new FrameParserStream({ maxFrameSize });
    this.#earlier = this.input;
    this.#latest = parser.stats;
    this.#cold = this.#warmup;
    this.#gone = bytes.pipeTo(parser.writable).catch(() => {}); // as pipeThrough does, which keeps the promise to itself
    return parser.readable;
  }

  /** Numbers the frames that are for everybody, and only those, so that none is missing between two of them. */
  #admit(frame: Frame): Frame | undefined {
    if (this.#cold > 0) {
      this.#cold--;
      this.#leftOut.warmup++;
      return undefined;
    }
    if (!this.#rate.takes(frame)) {
      this.#leftOut.rate++;
      return undefined;
    }
    return { ...frame, sequence: this.#sequence++ };
  }

  async #follow(): Promise<void> {
    for (;;) {
      const { done, value: frame } = await this.#own.read();
      if (done) break;
      this.#meter.count(frame.arrival);
      this.#newest = frame;
    }
    if (this.#state.state !== "ended") this.#change({ phase: "ended" });
    this.#changes.close();
  }

  #change({ phase, detail: why }: Change): void {
    const detail = why === undefined ? undefined : this.#hide(why);
    if (phase === "restarting" || phase === "failed") this.#restarts++;
    const before = this.#state.state;
    if (phase !== before || detail !== undefined) {
      this.#state = { state: phase, detail: detail ?? null, since: Date.now() };
      this.#changes.offer(this.#state);
    } // else it is what it was made as
    if (phase !== "live") this.#frames.forget(); // who comes now wants to see what is, not what was
    const level =
      phase === "failed" || phase === "stalled" || (phase === "restarting" && before === "live") ? "warn" : "info";
    this.#log[level](detail ? "{camera} is {state}: {detail}" : "{camera} is {state}", {
      camera: this.id,
      state: phase,
      detail,
    });
  }
}
