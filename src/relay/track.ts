import { Demand } from "../supervise/demand.ts";
import type { Change, Start } from "../supervise/run.ts";
import { type SuperviseOptions, supervise } from "../supervise/supervise.ts";
import type { Branch } from "./branch.ts";
import type { BranchOptions } from "./branch-options.ts";
import { Broadcaster, type BroadcasterOptions } from "./broadcaster.ts";
import { Owners } from "./owners.ts";
import { RateMeter } from "./rate-meter.ts";
import { StateStream, type TrackState } from "./state.ts";

/** Options for {@link Track}: how its runs are supervised, and what its readers get. */
export interface TrackOptions<T> extends Omit<SuperviseOptions<T>, "demand" | "onChange">, BroadcasterOptions {
  /** Milliseconds that a run goes on without a reader; with Infinity there is always a run. @default Infinity */
  readonly idleTimeout?: number | undefined;
  /** Returns what is to be known of a run's input, for people: "1.5 MB came and no JPEG in it". @default nothing */
  readonly explain?: (() => string | undefined) | undefined;
  /** Takes secrets out of what is told. @default as it is */
  readonly redact?: ((text: string) => string) | undefined;
  /** Called at each change of state, with the state before it. */
  readonly onState?: ((state: TrackState, before: TrackState) => void) | undefined;
}

/**
 * One stream shared among many, run after run of something that may die: pictures, predictions, coded video, sound.
 *
 * It supervises the runs, knows its state and its newest chunk, and counts who wants it. It keeps one branch of its own,
 * so that its source is read whether or not anybody watches; with an `idleTimeout` there is a run only while somebody
 * does. Readers never see a run end: they get the next run's chunks. A track ends when a `finite` run ends well, or by
 * `close()`.
 *
 * @example
 * ```ts
 * const pictures = new Track<Frame>((signal) => source.open(signal), { idleTimeout: 5000 });
 * for await (const frame of pictures.tee({ fps: 5 })) await show(frame);
 * ```
 */
export class Track<T> {
  /** Settles when the track has ended and its last run has let go. Never rejects. */
  readonly closed: Promise<void>;
  readonly #options: TrackOptions<T>;
  readonly #demand: Demand;
  readonly #broadcaster: Broadcaster<T>;
  readonly #states: StateStream;
  readonly #owners = new Owners(() => this.close());
  readonly #meter = new RateMeter();
  #newest: T | undefined;
  #count = 0;
  #restarts = 0;
  /** Why the last run did not live on; undefined once a run is live again, or is not wanted. */
  #lastReasons: Reasons = {};
  /** Settles when the last run has let go, if it was let go of by `close()`. */
  #letGo: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** The first run starts at once, unless there is an `idleTimeout`. Throws a `RangeError` for one below zero. */
  constructor(open: Start<T>, options: TrackOptions<T> = {}) {
    const { idleTimeout, pass = (chunk: T) => chunk } = options;
    this.#options = options;
    this.#demand = new Demand({ idleTimeout });
    this.#states = new StateStream(this.#demand.wanted ? "starting" : "idle");
    const chunks = supervise(open, {
      ...options,
      demand: this.#demand,
      pass: (chunk) => this.#take(pass(chunk)),
      onChange: (change) => this.#change(change),
    });
    this.#broadcaster = new Broadcaster(chunks, options);
    this.closed = this.#broadcaster
      .tee({ retention: "latest" })
      .pipeTo(new WritableStream())
      .then(() => this.#finish())
      .then(() => this.#letGo);
  }

  /** The present state. */
  get state(): TrackState {
    return this.#states.current;
  }

  /** The newest chunk, of whatever run; undefined before the first. */
  get newest(): T | undefined {
    return this.#newest;
  }

  /** Chunks a second, lately; it sinks while none arrive. */
  get rate(): number {
    return this.#meter.rate();
  }

  /** Chunks over all runs. */
  get count(): number {
    return this.#count;
  }

  /** The number that the newest chunk has for its readers; readers continue behind it by `after`. */
  get number(): number {
    return this.#broadcaster.count;
  }

  /** Runs that ended although they were still wanted. */
  get restarts(): number {
    return this.#restarts;
  }

  /**
   * Adds a reader. It starts with the newest chunk while the track is live, else with the next one.
   *
   * The track is wanted until the branch ends: what is on demand starts, and what waits for another attempt makes it. The
   * caller reads the branch to its end or cancels it.
   */
  tee(options?: BranchOptions<T>): Branch<T>;
  tee<U>(options: BranchOptions<T, U>): Branch<T, U>;
  tee<U>(options: BranchOptions<T, U> = {}): Branch<T, U> {
    const release = this.#demand.acquire();
    const onEnd = () => {
      release();
      options.onEnd?.();
    };
    try {
      return this.#broadcaster.tee({ ...options, onEnd });
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Returns the states from the present one on, the last one included; one that is over before it is read may be left out. */
  states(): Branch<TrackState> {
    return this.#states.tee();
  }

  /**
   * Adds an owner: the track closes when all who have retained it have released it.
   *
   * Returns how to release it, which counts once however often it is called, and settles when it is done.
   */
  retain(): () => Promise<void> {
    return this.#owners.retain();
  }

  /** Ends the track for all: every branch closes, and the promise settles when nothing of its run is left. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#demand.close();
    this.#letGo = this.#broadcaster.close();
    await this.closed;
  }

  #take(chunk: T | undefined): T | undefined {
    if (chunk === undefined) return undefined;
    const { arrival } = chunk as { readonly arrival?: number };
    this.#meter.count(arrival);
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
    if (phase !== "live") this.#broadcaster.forget(); // a new reader wants to see what is, not what was
    onState?.(this.state, before);
  }

  /** Adds what came in to why a run brings no chunk, and repeats that until another run brings one. */
  #reasons(phase: Change["phase"], { detail, cause }: Reasons): Reasons {
    if (phase === "starting" || phase === "waiting") {
      const repeat = (last: string | undefined) => (last === undefined ? undefined : `last run: ${last}`);
      return { detail: detail ?? repeat(this.#lastReasons.detail), cause: cause ?? repeat(this.#lastReasons.cause) };
    }
    const input = phase === "idle" || phase === "restarting" ? undefined : this.#options.explain?.();
    const reasons = { detail: withInput(detail, input), cause: withInput(cause, input) };
    this.#lastReasons = phase === "idle" || phase === "live" ? {} : reasons;
    return reasons;
  }

  #finish(): void {
    if (this.state.state !== "ended") this.#change({ phase: "ended" });
    this.#states.close();
  }
}

/** The reason for a state, for anybody and for admins. */
interface Reasons {
  readonly detail?: string | undefined;
  readonly cause?: string | undefined;
}

/** Adds what came in to why a run brought no chunk. */
function withInput(reason: string | undefined, input: string | undefined): string | undefined {
  return reason !== undefined && input !== undefined ? `${reason} (${input})` : (reason ?? input);
}
