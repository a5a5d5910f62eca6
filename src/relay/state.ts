import type { Change, Phase } from "../supervise/run.ts";
import { Branch, type BranchFeed } from "./branch.ts";
import { Broadcaster } from "./broadcaster.ts";

/** The state of a track. */
export interface TrackState {
  readonly state: Phase;
  /** The reason, for people. */
  readonly detail: string | null;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
}

/** A state and its changes up to `ended`, as a value and as a stream. */
export class StateStream {
  readonly #broadcaster: Broadcaster<TrackState>;
  #feed: BranchFeed<TrackState> | undefined;
  #current: TrackState;
  #count = 0;

  constructor(first: Phase) {
    this.#current = { state: first, detail: null, since: Date.now() };
    const changes = new Branch<TrackState>({
      start: (feed) => {
        this.#feed = feed;
      },
      cancel() {},
    });
    this.#broadcaster = new Broadcaster(changes);
    this.#offer();
  }

  get current(): TrackState {
    return this.#current;
  }

  /** Returns the states from the present one on, the last one included; one that is over before it is read may be left out. */
  tee(): Branch<TrackState> {
    if (this.#current.state !== "ended") return this.#broadcaster.tee();
    return new Branch<TrackState>({
      start: (feed) => {
        feed.offer({ number: this.#count, chunk: this.#current });
        feed.close();
      },
      cancel() {},
    });
  }

  /** Goes on to another state, or takes a new reason for the present one. */
  change({ phase, detail }: Change): void {
    if (phase === this.#current.state && detail === undefined) return;
    this.#current = { state: phase, detail: detail ?? null, since: Date.now() };
    this.#offer();
  }

  /** Ends the stream behind the present state. */
  close(): void {
    this.#feed?.close();
  }

  #offer(): void {
    this.#feed?.offer({ number: ++this.#count, chunk: this.#current });
  }
}
