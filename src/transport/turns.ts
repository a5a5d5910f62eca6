import type { Pacing } from "./pace.ts";

interface Seat {
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
export class Turns {
  readonly #pace: Pacing;
  readonly #seats = new Set<Seat>();
  #taken: Seat | undefined;
  #turn = 0;

  constructor(pace: Pacing) {
    this.#pace = pace;
  }

  /** A place for one camera: what its branch is paced by, until `close()`. */
  seat(camera: string): Pacing {
    const seat: Seat = { fresh: false, take: undefined, turn: this.#turn };
    this.#seats.add(seat);
    const pace = this.#pace;
    return {
      kind: pace.kind,
      get lag() {
        return pace.lag;
      },
      arrived: () => {
        seat.fresh = true;
        this.#next();
      },
      ready: () =>
        new Promise<void>((resolve) => {
          seat.take = resolve;
          this.#next();
        }),
      passed: () => {
        seat.fresh = false;
        this.#free(seat);
      },
      sent: (bytes, frame) => {
        seat.fresh = false; // also one that came since its turn: it is the one that goes
        pace.sent(bytes, frame, camera);
      },
      taken: () => this.#free(seat),
      close: () => {
        this.#seats.delete(seat);
        this.#free(seat);
      },
    };
  }

  #next(): void {
    if (this.#taken) return;
    let chosen: Seat | undefined;
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
  #free(seat: Seat): void {
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
