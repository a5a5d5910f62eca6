import type { Pacer } from "./pacer.ts";

interface Slot {
  /** It has a frame to send. */
  fresh: boolean;
  /** Lets it take that frame. */
  take: (() => void) | undefined;
  /** Which turn it had last. */
  turn: number;
}

/**
 * Shares one connection's pace among several cameras: one frame goes at a time, and when the connection can bear the next,
 * the camera takes it whose turn was longest ago, of those that have one, and takes its newest.
 */
export class FairScheduler {
  readonly #pace: Pacer;
  readonly #seats = new Set<Slot>();
  #taken: Slot | undefined;
  #turn = 0;

  constructor(pace: Pacer) {
    this.#pace = pace;
  }

  /** A place for one camera: what its branch is paced by, until `close()`. */
  slot(camera: string): Pacer {
    const seat: Slot = { fresh: false, take: undefined, turn: this.#turn };
    this.#seats.add(seat);
    const pace = this.#pace;
    return {
      kind: pace.kind,
      get lag() {
        return pace.lag;
      },
      available: () => {
        seat.fresh = true;
        this.#next();
      },
      ready: () =>
        new Promise<void>((resolve) => {
          seat.take = resolve;
          this.#next();
        }),
      skipped: () => {
        seat.fresh = false;
        this.#free(seat);
      },
      sent: (bytes, frame) => {
        seat.fresh = false; // also one that came since its turn: it is the one that goes
        pace.sent(bytes, frame, camera);
      },
      released: () => this.#free(seat),
      close: () => {
        this.#seats.delete(seat);
        this.#free(seat);
      },
    };
  }

  #next(): void {
    if (this.#taken) return;
    let chosen: Slot | undefined;
    for (const seat of this.#seats) {
      if (seat.fresh && seat.take && (!chosen || seat.turn < chosen.turn)) chosen = seat;
    }
    if (!chosen) return;
    this.#taken = chosen;
    chosen.turn = ++this.#turn;
    chosen.fresh = false;
    const { take } = chosen;
    chosen.take = undefined;
    take?.();
  }

  /** The connection has taken the seat's frame, or there was none after all. */
  #free(seat: Slot): void {
    if (this.#taken !== seat) return;
    const open = () => {
      this.#taken = undefined;
      this.#next();
    };
    const wait = this.#pace.ready();
    if (wait) void wait.then(open);
    else open();
  }
}
