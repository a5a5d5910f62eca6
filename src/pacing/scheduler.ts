import type { Pacer, SentFrame } from "./pacer.ts";

/** Options for one branch's slot on a shared connection. */
export interface SlotOptions {
  /** Camera of the frames, for a pacer that is told which camera's frame was acknowledged. */
  readonly camera: string;
  /** Whether what is sent counts as in flight; what nobody acknowledges does not. @default true */
  readonly isTracked?: boolean | undefined;
}

/** A pacer that several branches share: it is told whose frame was sent. */
export interface SharedPacer extends Omit<Pacer, "sent"> {
  sent(bytes: number, frame: SentFrame, camera: string): void;
}

interface Slot {
  /** It has a frame to send. */
  hasFrame: boolean;
  /** Lets it send that frame; undefined while it does not ask. */
  proceed: (() => void) | undefined;
  /** Number of the turn it had last. */
  turn: number;
}

/**
 * Shares one connection's pace fairly among several branches: one frame goes at a time, and when the connection can take
 * the next, the branch sends its newest whose turn was longest ago, of those that have one.
 */
export class FairScheduler {
  readonly #pacer: SharedPacer;
  readonly #slots = new Set<Slot>();
  #active: Slot | undefined;
  #turn = 0;

  constructor(pacer: SharedPacer) {
    this.#pacer = pacer;
  }

  /** Returns the pacer for one branch, which holds its slot until `close()`. */
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
      requested: () => this.#release(slot), // the connection has taken the frame before
      ready: () =>
        new Promise<void>((resolve) => {
          slot.proceed = resolve;
          this.#next();
        }),
      skipped: () => {
        slot.hasFrame = false;
        this.#release(slot);
      },
      sent: (bytes, frame) => {
        slot.hasFrame = false; // also one that came since its turn: it is the one that goes
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

  /** Frees the connection for the next slot, as soon as its pacer permits. */
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
