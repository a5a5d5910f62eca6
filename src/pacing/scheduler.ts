import type { Pacer, SentFrame } from "./pacer.ts";

/** Options for {@link FairScheduler.slot}. */
export interface SlotOptions {
  /** Camera of the frames, since acknowledgements name camera and sequence. */
  readonly camera: string;
  /** Counts the chunks as in flight; false for those that are never acknowledged. @default true */
  readonly isTracked?: boolean | undefined;
}

/** A pacer shared by several branches, which name the camera of each frame sent. */
export interface SharedPacer extends Omit<Pacer, "sent"> {
  sent(bytes: number, frame: SentFrame, camera: string): void;
}

/** The state of one branch. */
interface Slot {
  /** True while the branch has a frame to send. */
  hasFrame: boolean;
  /** Lets the branch send that frame; undefined while it is not waiting for that. */
  proceed: (() => void) | undefined;
  /** Number of its last turn. */
  turn: number;
}

/**
 * Shares the pace of one connection fairly among several branches. Sends one frame at a time: when the connection can
 * take another, the next turn goes to the branch that has waited longest since its last turn, of those with a frame.
 */
export class FairScheduler {
  readonly #pacer: SharedPacer;
  readonly #slots = new Set<Slot>();
  #active: Slot | undefined;
  #turn = 0;

  constructor(pacer: SharedPacer) {
    this.#pacer = pacer;
  }

  /** Adds a branch, and returns its pacer. `close()` of the pacer removes it. */
  slot({ camera, isTracked = true }: SlotOptions): Pacer {
    const slot: Slot = { hasFrame: false, proceed: undefined, turn: this.#turn };
    this.#slots.add(slot);
    const pacer = this.#pacer;
    return {
      kind: pacer.kind,
      get lag() {
        return pacer.lag;
      },
      available: () => {
        slot.hasFrame = true;
        this.#next();
      },
      requested: () => this.#release(slot), // the connection has taken the previous frame
      ready: () =>
        new Promise<void>((resolve) => {
          slot.hasFrame = true; // a branch with a queue has more than those that it has told of since the last one sent
          slot.proceed = resolve;
          this.#next();
        }),
      skipped: () => {
        slot.hasFrame = false;
        this.#release(slot);
      },
      sent: (bytes, frame) => {
        slot.hasFrame = false; // also if a newer one arrived since: that is the one sent
        if (isTracked) pacer.sent(bytes, frame, camera);
      },
      close: () => {
        this.#slots.delete(slot);
        slot.proceed?.();
        this.#release(slot);
      },
    };
  }

  #next(): void {
    if (this.#active) return;
    let chosen: Slot | undefined;
    for (const slot of this.#slots) {
      if (slot.hasFrame && slot.proceed && (!chosen || slot.turn < chosen.turn)) chosen = slot;
    }
    if (!chosen) return;
    this.#active = chosen;
    chosen.turn = ++this.#turn;
    chosen.hasFrame = false;
    const { proceed } = chosen;
    chosen.proceed = undefined;
    proceed?.();
  }

  /** Ends a turn; the next one starts as soon as the pacer permits. */
  #release(slot: Slot): void {
    if (this.#active !== slot) return;
    const free = () => {
      this.#active = undefined;
      this.#next();
    };
    const wait = this.#pacer.ready();
    if (wait) void wait.then(free);
    else free();
  }
}
