import { silent } from "../log.ts";
import type { Frame } from "../media/frame.ts";
import { defaultMaxFrameSize } from "../media/parser-options.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import { Predictor } from "../predict/predictor.ts";
import { redactor, secretsIn } from "../redact.ts";
import type { Branch } from "../relay/branch.ts";
import type { BranchOptions } from "../relay/branch-options.ts";
import { Owners } from "../relay/owners.ts";
import type { TrackState } from "../relay/state.ts";
import { Track } from "../relay/track.ts";
import type { ViewerSession } from "../session/session.ts";
import type { SourceRuntime } from "../source/driver.ts";
import { defaultMaxRate } from "../source/parse.ts";
import type { PushSource } from "../source/push.ts";
import { createSource } from "../source/registry.ts";
import type { Source } from "../source/source.ts";
import { throttle } from "../throttle.ts";
import { VideoTrack } from "../video/track.ts";
import { type EditFrame, editFrames, editsFrames } from "./edit.ts";
import { frameEditor } from "./edit-frame.ts";
import { type FilteredFrames, FrameFilter } from "./frame-filter.ts";
import { type CameraOptions, checkOptions, deadlinesOf, httpOptionsOf, idleTimeoutOf, intervalOf } from "./options.ts";
import { StateLog } from "./state-log.ts";

/** The state of a camera; see {@link TrackState} for an example. */
export type CameraState = TrackState;

/**
 * A camera: a source of pictures, and the tracks made from it, shared by all readers until `close()`.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0" });
 * for await (const frame of front.tee({ fps: 2 })) console.log(frame.sequence, frame.data.length);
 * ```
 */
export class Camera {
  /** Name in URLs. */
  readonly id: string;
  /** Description of its source, without secrets. */
  readonly source: string;
  /** Maximum size of a frame, in bytes. */
  readonly maxFrameSize: number;
  /** Accepts pushed pictures; undefined unless its source is `push`. */
  readonly pushSource: PushSource | undefined;
  /** Track of its pictures. */
  readonly pictures: Track<Frame>;
  /** Track of its pictures as H.264, made while it is read; undefined with `video: false`. Ends with the camera. */
  readonly video: VideoTrack | undefined;
  /** Predictor for all viewers; undefined if there is none. Ends with the camera. */
  readonly predictor: Predictor | undefined;
  /** Names of the predictors that a viewer can choose. */
  readonly predictors: readonly string[];
  readonly #options: CameraOptions;
  readonly #runtime: SourceRuntime;
  readonly #filter: FrameFilter;
  /** Changes its pictures, where that is asked for. */
  readonly #edit: EditFrame | undefined;
  readonly #onEditError: (error: unknown) => void;
  readonly #source: Source;
  readonly #stateLog: StateLog;
  readonly #owners = new Owners(() => this.close());
  readonly #privatePredictors = new Set<Predictor>();
  #framesBefore = 0; // the current run
  #closing: Promise<void> | undefined;

  /** Starts the source, unless it is on demand. Throws a `TypeError` or a `RangeError` for invalid options. */
  constructor(options: CameraOptions, runtime: SourceRuntime) {
    const spec = checkOptions(options);
    const { id = "camera", maxFrameSize = defaultMaxFrameSize, secrets = [], log = silent } = options;
    const { source = "", headers = {} } = options;
    const redact = redactor([...secrets, ...Object.values(headers), ...[source].flat().flatMap(secretsIn)]);
    this.#options = options;
    this.#runtime = { ...runtime, spawn: (argv, spawning) => runtime.spawn(argv, { cwd: options.cwd, ...spawning }) };
    this.#stateLog = new StateLog(id, log);
    this.#filter = new FrameFilter(options);
    const isAnew = editsFrames(options) || (options.quality !== undefined && spec.kind !== "ffmpeg");
    this.#edit = isAnew ? frameEditor(options) : undefined;
    this.#onEditError = throttle((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      log.warn("{camera}: Cannot change a picture: {why}", { camera: id, why });
    });
    this.#source = createSource(spec, {
      ...this.#runtime,
      ...settingsOf(options),
      maxFrameSize,
      maxRate: Math.max(defaultMaxRate, options.fps ?? 0),
      http: httpOptionsOf(options),
      interval: intervalOf(options),
      onLine: (line) => log.debug("{camera}: {line}", { camera: id, line: redact(line) }),
      onWarning: (line) => log.warn("{camera}: {line}", { camera: id, line: redact(line) }),
    });
    this.id = id;
    this.source = redact(this.#source.description);
    this.maxFrameSize = maxFrameSize;
    this.pushSource = this.#source.pushSource;
    const idleTimeout = idleTimeoutOf(options);
    this.pictures = new Track<Frame>((signal) => this.#open(signal), {
      track: { camera: id, kind: "pictures" },
      idleTimeout,
      finite: this.#source.hasEnd,
      awaited: this.#source.awaited,
      ...deadlinesOf(options, this.#source.firstFrameAfter),
      lastSign: () => this.#source.lastSign?.() ?? 0,
      period: () => options.every ?? this.#source.period,
      isUnchanged: () => this.#source.isUnchanged ?? false,
      pass: (frame) => (this.#edit ? this.#filter.number(frame) : this.#filter.pass(frame)),
      explain: () => this.#source.explain(),
      redact,
      onState: (state) => this.#stateLog.write(state, { expected: this.#isPushedOnce }),
    });
    const { predict, predictors = {}, video = {} } = options;
    this.video = video
      ? new VideoTrack({
          ...video,
          camera: id,
          spawn: this.#runtime.spawn,
          pictures: this.pictures,
          frameRate: () => options.fps ?? this.fps,
          secrets,
          log,
        })
      : undefined;
    this.predictors = Object.keys(predictors);
    this.predictor = predict && new Predictor({ ...this.#predictorOptions, source: predict, idleTimeout });
  }

  /** The current state. */
  get state(): CameraState {
    return this.pictures.state;
  }

  /** The newest frame; undefined before the first. Its age follows from its `arrival`. */
  get newest(): Frame | undefined {
    return this.pictures.newest;
  }

  /** Frames per second recently; decreases while none arrive. */
  get fps(): number {
    return this.pictures.rate;
  }

  /** Number of runs of its source that failed, or ended while there was demand. */
  get restarts(): number {
    return this.pictures.restarts;
  }

  /** Counters of the bytes and frames of its source, over all runs. */
  get input(): ParserStats {
    return this.#source.input;
  }

  /** Valid frames withheld from all readers, over all runs. */
  get filtered(): FilteredFrames {
    return this.#filter.filtered;
  }

  /** Number of predictors that run for one viewer each. */
  get privatePredictors(): number {
    return this.#privatePredictors.size;
  }

  /** Adds a reader of its pictures; see {@link Track.tee}. */
  tee(options?: BranchOptions<Frame>): Branch<Frame>;
  tee<U>(options: BranchOptions<Frame, U>): Branch<Frame, U>;
  tee<U>(options: BranchOptions<Frame, U> = {}): Branch<Frame, U> {
    return this.pictures.tee(options);
  }

  /** Returns its states from the current one to the last; see {@link Track.states}. */
  states(): Branch<CameraState> {
    return this.pictures.states();
  }

  /**
   * Starts the predictor with this name for one viewer, within the viewer's session. Returns undefined if there is none.
   * The caller closes it; it ends with the camera at the latest.
   */
  startPredictor(name: string, session: ViewerSession): Predictor | undefined {
    const { predictors = {} } = this.#options;
    const source = Object.hasOwn(predictors, name) ? predictors[name] : undefined;
    if (source === undefined) return undefined;
    const predictor = new Predictor({ ...this.#predictorOptions, source, name, session });
    this.#privatePredictors.add(predictor);
    void predictor.closed.then(() => this.#privatePredictors.delete(predictor));
    return predictor;
  }

  /**
   * Adds an owner: the camera closes when every owner has released it.
   *
   * Returns the function that releases it; calling that again has no effect. Its promise settles when the release is
   * done, including the closing if this was the last owner.
   */
  retain(): () => Promise<void> {
    return this.#owners.retain();
  }

  /** Ends the camera for all readers: closes every branch, and settles when its source has ended completely. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.pictures.close();
    await this.#source.close();
    await Promise.all([this.video, this.predictor, ...this.#privatePredictors].map((track) => track?.close()));
  }

  /** Whether a client has pushed a single picture, so that nobody knows when the next one is due. */
  get #isPushedOnce(): boolean {
    const isIdle = this.pushSource?.isIdle ?? false;
    return isIdle && this.#options.every === undefined && this.#source.input.frames - this.#framesBefore <= 1;
  }

  get #predictorOptions() {
    const { secrets, log } = this.#options;
    return { camera: this.id, runtime: this.#runtime, pictures: this.pictures, secrets, log };
  }

  async #open(signal: AbortSignal): Promise<ReadableStream<Frame>> {
    const frames = await this.#source.open(signal);
    this.#framesBefore = this.#source.input.frames;
    this.#filter.begin();
    if (!this.#edit) return frames;
    return editFrames(frames, this.#edit, {
      onError: this.#onEditError,
      accepts: (frame) => this.#filter.accepts(frame), // before it is edited for nothing
    });
  }
}

/** Returns the settings that a camera hands on to its source. */
function settingsOf(options: CameraOptions) {
  const { loop, env, fps, rtspTransport, inputFormat, size, quality } = options;
  return { loop, env, fps, rtspTransport, inputFormat, size, quality };
}
