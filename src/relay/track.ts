import type { Explanation } from "../failure.ts";
import { Demand } from "../supervise/demand.ts";
import type { Change, Start } from "../supervise/run.ts";
import { defaultStallAfter, type SuperviseOptions, supervise } from "../supervise/supervise.ts";
import type { Branch } from "./branch.ts";
import type { BranchOptions } from "./branch-options.ts";
import { Broadcaster, type BroadcasterOptions } from "./broadcaster.ts";
import { Owners } from "./owners.ts";
import { RateMeter } from "./rate-meter.ts";
import { StateStream, type TrackState } from "./state.ts";

const gapsKept = 3;

/** Options for {@link Track}. */
export interface TrackOptions<T> extends Omit<SuperviseOptions<T>, "demand" | "onChange">, BroadcasterOptions {
  /** Milliseconds for which a run continues without a reader; Infinity keeps it running. @default Infinity */
  readonly idleTimeout?: number | undefined;
  /** Describes the input of a run, for people: "1.5 MB came and no JPEG in it". @default nothing */
  readonly explain?: (() => Explanation | undefined) | undefined;
  /** Returns true while the source tells that it has nothing newer than its last chunk. @default false */
  readonly isUnchanged?: (() => boolean) | undefined;
  /** Removes secrets from the reasons of states. @default returns the text unchanged */
  readonly redact?: ((text: string) => string) | undefined;
  /** Called at each change of state, with the previous state. */
  readonly onState?: ((state: TrackState, before: TrackState) => void) | undefined;
}

/**
 * One stream shared among many readers, from a source that is restarted whenever it fails: pictures, predictions, coded
 * video, sound.
 *
 * It supervises the runs of the source, keeps the state and the newest chunk, and counts the readers. It reads the source
 * by a branch of its own, whether or not there are readers; with an `idleTimeout` the source runs only while there are.
 * Readers never see a run end: they get the chunks of the next run. A track ends when a `finite` run closes, or by
 * `close()`.
 *
 * @example
 * ```ts
 * const pictures = new Track<Frame>((signal) => source.open(signal), { idleTimeout: 5000 });
 * for await (const frame of pictures.tee({ fps: 5 })) await show(frame);
 * ```
 */
export class Track<T> {
  /** Settles when the track has ended and its last run has been cancelled. Never rejects. */
  readonly closed: Promise<void>;
  readonly #options: TrackOptions<T>;
  readonly #demand: Demand;
  readonly #broadcaster: Broadcaster<T>;
  readonly #states: StateStream;
  readonly #owners = new Owners(() => this.close());
  readonly #meter = new RateMeter();
  readonly #gaps: number[] = []; // milliseconds
  #lastArrival: number | undefined;
  #newest: T | undefined;
  #count = 0;
  #restarts = 0;
  /** The reasons of the last failure; empty once a run is live again, or there is no demand. */
  #lastReasons: Reasons = {};
  /** Settles when `close()` has cancelled the last run. */
  #cancelled: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** Starts the first run at once, unless there is an `idleTimeout`. Throws a `RangeError` if that is below 0. */
  constructor(open: Start<T>, options: TrackOptions<T> = {}) {
    const { idleTimeout, pass = (chunk: T) => chunk } = options;
    this.#options = options;
    this.#demand = new Demand({ idleTimeout });
    this.#states = new StateStream(this.#demand.wanted ? "starting" : "idle");
    const chunks = supervise(open, {
      ...options,
      demand: this.#demand,
      pass: (chunk) => this.#keep(pass(chunk)),
      onChange: (change) => this.#change(change),
    });
    this.#broadcaster = new Broadcaster(chunks, options);
    this.closed = this.#broadcaster
      .tee({ retention: "latest" })
      .pipeTo(new WritableStream())
      .then(() => this.#finish())
      .then(() => this.#cancelled);
  }

  /** The current state. */
  get state(): TrackState {
    return this.#states.current;
  }

  /** The newest chunk of any run; undefined before the first. */
  get newest(): T | undefined {
    return this.#newest;
  }

  /** Chunks per second recently; decreases while none arrive. */
  get rate(): number {
    return this.#meter.rate();
  }

  /**
   * Milliseconds from one chunk to the next recently: the median of the last three gaps, or the one known in advance if that
   * is longer; 0 before the second chunk.
   */
  get period(): number {
    const sorted = this.#gaps.toSorted((a, b) => a - b);
    return Math.max(sorted[(sorted.length - 1) >> 1] ?? 0, this.#options.period?.() ?? 0);
  }

  /**
   * Milliseconds for which the newest chunk counts as current: until a run that is silent is ended; Infinity while no chunks
   * are expected.
   */
  get patience(): number {
    const { stallAfter = defaultStallAfter, lastSign } = this.#options;
    return lastSign?.() === Number.POSITIVE_INFINITY
      ? Number.POSITIVE_INFINITY
      : 2 * Math.max(stallAfter, 5 * this.period);
  }

  /** True while the source tells that it has nothing newer than the newest chunk. */
  get isUnchanged(): boolean {
    return this.#options.isUnchanged?.() ?? false;
  }

  /** Number of chunks over all runs. */
  get count(): number {
    return this.#count;
  }

  /** Number of the newest chunk; a reader resumes behind it with `after`. */
  get number(): number {
    return this.#broadcaster.count;
  }

  /** Number of runs that failed, or ended while there was demand. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Number of readers. */
  get readers(): number {
    return this.#demand.size;
  }

  /**
   * Adds a reader. It starts with the newest chunk while the track is live, otherwise with the next one.
   *
   * There is demand from the start of the branch until it ends: an idle source starts, and one that waits to be restarted is restarted at
   * once. The caller reads the branch to its end or cancels it.
   */
  tee(options?: BranchOptions<T>): Branch<T>;
  tee<U>(options: BranchOptions<T, U>): Branch<T, U>;
  tee<U>(options: BranchOptions<T, U> = {}): Branch<T, U> {
    let release = () => {};
    const onStart = () => {
      release = this.#demand.acquire();
      options.onStart?.();
    };
    const onEnd = () => {
      release();
      options.onEnd?.();
    };
    return this.#broadcaster.tee({ ...options, onStart, onEnd });
  }

  /** Returns the states from the current one to the last; one that is over before it is read may be left out. */
  states(): Branch<TrackState> {
    return this.#states.tee();
  }

  /**
   * Adds an owner: the track closes when every owner has released it.
   *
   * Returns the function that releases it; calling that again has no effect. Its promise settles when the release is
   * done, including the closing if this was the last owner.
   */
  retain(): () => Promise<void> {
    return this.#owners.retain();
  }

  /** Ends the track for all readers: closes every branch, and settles when its run has ended. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#demand.close();
    this.#cancelled = this.#broadcaster.close();
    await this.closed;
  }

  #keep(chunk: T | undefined): T | undefined {
    if (chunk === undefined) return undefined;
    const { arrival = performance.now() } = chunk as { readonly arrival?: number };
    this.#meter.count(arrival);
    if (this.#lastArrival !== undefined) this.#gaps.push(arrival - this.#lastArrival);
    if (this.#gaps.length > gapsKept) this.#gaps.shift();
    this.#lastArrival = arrival;
    this.#newest = chunk;
    this.#count++;
    return chunk;
  }

  #change({ phase, detail, cause = detail }: Change): void {
    const { redact = (text: string) => text, onState } = this.#options;
    const before = this.state;
    if (phase === "restarting" || phase === "failed") this.#restarts++;
    const reasons = this.#reasons(phase, { detail, cause });
    const hide = (reason: string | undefined) => (reason === undefined ? undefined : redact(reason));
    this.#states.change({ phase, detail: hide(reasons.detail), cause: hide(reasons.cause) });
    if (phase !== "live") this.#broadcaster.forget(); // a new reader must not start with an outdated chunk
    onState?.(this.state, before);
  }

  /** Adds a description of the input to the reasons, and repeats them until a run delivers a chunk. */
  #reasons(phase: Change["phase"], { detail, cause }: Reasons): Reasons {
    const repeat = (last: string | undefined) => (last === undefined ? undefined : `last run: ${last}`);
    if (phase === "starting" || phase === "waiting") {
      return { detail: detail ?? repeat(this.#lastReasons.detail), cause: cause ?? repeat(this.#lastReasons.cause) };
    }
    const input = phase === "idle" || phase === "restarting" ? undefined : this.#options.explain?.();
    if (phase === "stalled" && !input) {
      const last = this.#lastReasons; // of a run that received more than this one
      return { detail: withInput(detail, repeat(last.detail)), cause: withInput(cause, repeat(last.cause)) };
    }
    const reasons = { detail: withInput(detail, input?.summary), cause: withInput(cause, input?.message) };
    this.#lastReasons = phase === "idle" || phase === "live" ? {} : reasons;
    return reasons;
  }

  #finish(): void {
    if (this.state.state !== "ended") this.#change({ phase: "ended" });
    this.#states.close();
  }
}

/** The reasons for a state: `detail` for everyone, `cause` for admins. */
interface Reasons {
  readonly detail?: string | undefined;
  readonly cause?: string | undefined;
}

/** Appends a description of the input to a reason. */
function withInput(reason: string | undefined, input: string | undefined): string | undefined {
  return reason !== undefined && input !== undefined ? `${reason} (${input})` : (reason ?? input);
}
