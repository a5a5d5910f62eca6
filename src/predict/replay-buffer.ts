import type { Branch } from "../relay/branch.ts";
import type { Prediction } from "./prediction.ts";

/** A prediction in its place. */
export interface Entry {
  /** Counts up by one per predictor, and goes on across its runs. */
  readonly number: number;
  readonly prediction: Prediction;
}

/** What a follower gets. */
export interface Followed extends Entry {
  /** How many predictions it has missed before this one, though it asked for all. */
  readonly lost: number;
}

/** What a follower wants. */
export interface FollowOptions {
  /** Every prediction, as far as the history goes back; otherwise the newest at the moment of reading. @default false */
  readonly all?: boolean | undefined;
  /** The number of the last one it has; it goes on from there. @default the newest one is its first */
  readonly after?: number | undefined;
}

/** How many predictions are kept for those who want all, or come back. */
export const capacity = 64;

/**
 * The latest predictions, one store for all who follow them: a slow follower holds nothing of its own, and learns what it
 * has lost by their numbers.
 *
 * Bound: 64 predictions.
 */
export class ReplayBuffer {
  readonly #entries: Entry[] = [];
  #number = 0;

  /** The newest one. */
  get newest(): Entry | undefined {
    return this.#entries.at(-1);
  }

  /** Keeps one more, and forgets one that is too old. */
  add(prediction: Prediction): void {
    this.#entries.push({ number: ++this.#number, prediction });
    if (this.#entries.length > capacity) this.#entries.shift();
  }

  /**
   * Follows the predictions as they are added, `branch` telling when. Whoever calls it reads the stream to its end or
   * cancels it; it ends with the branch, which then belongs to it.
   */
  follow(branch: Branch<Prediction>, { all = false, after }: FollowOptions = {}): ReadableStream<Followed> {
    const news = branch.getReader();
    const newest = this.#number;
    // A number that is yet to come is one of another life of ours.
    let cursor = after !== undefined && after <= newest ? after : Math.max(newest - 1, 0);
    return new ReadableStream<Followed>(
      {
        pull: async (controller) => {
          for (;;) {
            const next = all || after !== undefined ? this.#after(cursor) : this.newest;
            if (next && next.number > cursor) {
              const lost = all ? next.number - cursor - 1 : 0;
              cursor = next.number;
              return controller.enqueue({ ...next, lost });
            }
            const { done } = await news.read();
            if (done && this.#number === cursor) return controller.close();
          }
        },
        cancel: (reason) => news.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  #after(number: number): Entry | undefined {
    return this.#entries.find((entry) => entry.number > number);
  }
}
