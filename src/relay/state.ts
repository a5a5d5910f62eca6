import type { Change, Phase } from "../supervise/run.ts";
import { Branch, type BranchFeed } from "./branch.ts";
import { Broadcaster } from "./broadcaster.ts";

/**
 * The state of a track.
 *
 * @example
 * ```ts
 * for await (const { state, detail } of front.states()) console.log(state, detail ?? "");
 * ```
 */
export interface TrackState {
  readonly state: Phase;
  /** The kind of reason, for anybody: "connection refused", "no data for 5 s"; null where there is none to tell. */
  readonly detail: string | null;
  /** The whole reason, for those who run the server: with addresses, paths and what a program wrote, without secrets. */
  readonly cause: string | null;
  /** Start time of the state, in milliseconds since the epoch. */
  readonly since: number;
}

/** The current state of a track as a value, and its changes until `ended` as a stream. */
export class StateStream {
  readonly #broadcaster: Broadcaster<TrackState>;
  #feed: BranchFeed<TrackState> | undefined;
  #current: TrackState;
  #count = 0;

  constructor(first: Phase) {
    this.#current = { state: first, detail: null, cause: null, since: Date.now() };
    const changes = new Branch<TrackState>({
      start: (feed) => {
        this.#feed = feed;
      },
      cancel() {},
    });
    this.#broadcaster = new Broadcaster(changes);
    this.#broadcaster.tee(); // never read: without it the stream would end when its last reader leaves
    this.#offer();
  }

  get current(): TrackState {
    return this.#current;
  }

  /** Returns the states from the current one to the last; one that is over before it is read may be left out. */
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

  /** Changes to another state, or to a new reason for the current one. */
  change({ phase, detail, cause = detail }: Change): void {
    if (phase === this.#current.state && cause === undefined) return;
    this.#current = { state: phase, detail: detail ?? null, cause: cause ?? null, since: Date.now() };
    this.#offer();
  }

  /** Closes the stream after the current state. */
  close(): void {
    this.#feed?.close();
  }

  #offer(): void {
    this.#feed?.offer({ number: ++this.#count, chunk: this.#current });
  }
}
