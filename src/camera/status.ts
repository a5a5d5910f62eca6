import { type Logger, silent } from "../log.ts";
import { Branch, BranchSource } from "../relay/branch.ts";
import { Broadcaster } from "../relay/broadcaster.ts";
import type { Change, Phase } from "../supervise/run.ts";

/** How a camera fares. */
export interface CameraState {
  readonly state: Phase;
  /** Why, in words for people. */
  readonly detail: string | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/** What a {@link CameraStatus} is made of. */
export interface CameraStatusOptions {
  readonly camera: string;
  /** What it is in before anything has happened. */
  readonly first: Phase;
  /** Takes secrets out of what is told. */
  readonly hide: (text: string) => string;
  /** @default none */
  readonly log?: Logger | undefined;
}

/** The state of a camera from its first one to `ended`, as a value, as a stream, and in the log. */
export class CameraStatus {
  readonly #options: CameraStatusOptions;
  readonly #changes = new BranchSource<CameraState>(() => {});
  readonly #states = new Broadcaster(new Branch(this.#changes));
  #restarts = 0;
  #state: CameraState;

  constructor(options: CameraStatusOptions) {
    this.#options = options;
    this.#state = { state: options.first, detail: null, since: Date.now() };
    this.#changes.offer(this.#state);
  }

  get state(): CameraState {
    return this.#state;
  }

  /** How often a run has ended before it should. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The states from the present one on, the last one included; one that lasted less than the reader took may be left out. */
  states(): Branch<CameraState> {
    if (this.#state.state !== "ended") return this.#states.tee();
    const last = new BranchSource<CameraState>(() => {});
    const branch = new Branch(last);
    last.offer(this.#state);
    last.close();
    return branch;
  }

  /** Goes on to another phase, or tells why it is in this one. */
  change({ phase, detail: why }: Change): void {
    const { camera, hide, log = silent } = this.#options;
    const detail = why === undefined ? undefined : hide(why);
    if (phase === "restarting" || phase === "failed") this.#restarts++;
    const before = this.#state.state;
    if (phase !== before || detail !== undefined) {
      this.#state = { state: phase, detail: detail ?? null, since: Date.now() };
      this.#changes.offer(this.#state);
    } // else it is what it was made as
    const level =
      phase === "failed" || phase === "stalled" || (phase === "restarting" && before === "live") ? "warn" : "info";
    const words = detail ? "{camera} {state}: {detail}" : "{camera} {state}";
    log[level](words, { camera, state: phase, detail });
  }

  /** The last state is `ended`; the stream of states closes behind it. */
  end(): void {
    if (this.#state.state !== "ended") this.change({ phase: "ended" });
    this.#changes.close();
  }
}
