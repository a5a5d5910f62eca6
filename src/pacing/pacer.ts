import type { Frame } from "../media/frame.ts";
import type { Connection } from "../session/session.ts";
import { PathEstimator } from "./path-estimator.ts";

/** What tells a connection's pace: its kernel's send queue, or only how fast it takes what it is handed. */
export type KernelPacerKind = "kernel" | "drain";

/** What a viewer's branch is paced by. */
export interface Pacer {
  /** What tells the pace, in a word. */
  readonly kind: string;
  /** Milliseconds that the newest frame known to have come was old then; undefined before the first. */
  readonly lag: number | undefined;
  /** The branch holds a frame. */
  available?(): void;
  /** The connection has room for a frame, and so has taken the one before. */
  requested?(): void;
  /** Settles when a frame may go; undefined when it may at once. Asked when there is one, and room for it. */
  ready(): Promise<void> | undefined;
  /** The frame that might have gone was too old, and none goes. */
  skipped?(): void;
  /** A frame of a camera was handed to the connection, as so many bytes. */
  sent(bytes: number, frame: Pick<Frame, "sequence" | "arrival">, camera?: string): void;
  /** The connection has taken that frame. */
  released?(): void;
  /** It is over: nobody waits any more. */
  close(): void;
}

/** How a connection is paced. */
export interface KernelPacerOptions {
  readonly connection: Connection;
  /** Milliseconds without progress after which a viewer counts as stalled. */
  readonly stallAfter: number;
  /** Hears once that the viewer has stalled. */
  readonly onStall: () => void;
}

const wait = { least: 2, most: 100 }; // milliseconds between two looks at a connection that may not have the next frame
const maxAnswerAge = 10; // milliseconds that the answer to a frame's question may be old, if nothing was sent since
const probe = { every: 1000, first: 1, most: 64 }; // milliseconds between probes, and from a frame to the probe's looks

/**
 * Whether the next frame may go to one connection: not before it can do so without waiting in a queue behind our back.
 * A kernel takes up to 4 MB for a viewer, which is seconds of old pictures.
 *
 * Where the kernel tells what the other end has not acknowledged, it is asked when a frame is there, and the frame goes
 * if that is no more than the path itself holds. So a short path carries one frame at a time, and a long and fast one as
 * many as it needs. Elsewhere whatever the connection takes may go.
 */
export class KernelPacer implements Pacer {
  readonly kind: KernelPacerKind;
  readonly #options: KernelPacerOptions;
  readonly #path = new PathEstimator();
  #total = 0; // bytes that the kernel had been handed at the last look
  #due = 0; // bytes that it will have been handed when it has the latest frame
  #frame = 0; // bytes of that
  #sentAt = 0;
  #probedAt = Number.NEGATIVE_INFINITY;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(options: KernelPacerOptions) {
    this.#options = options;
    this.kind = options.connection.queue ? "kernel" : "drain";
  }

  get lag(): number | undefined {
    return this.#path.lag;
  }

  requested(): void {
    if (this.kind === "drain") this.#path.observe(0, { now: performance.now(), exact: true });
  }

  ready(): Promise<void> | undefined {
    if (this.kind === "drain") return undefined;
    const maxAge = Math.min(maxAnswerAge, performance.now() - this.#sentAt);
    this.#look({ exact: this.#probe !== undefined, maxAge });
    return this.#hasRoom ? undefined : this.#drained();
  }

  sent(bytes: number, { arrival }: Pick<Frame, "arrival">): void {
    const now = performance.now();
    this.#sentAt = now;
    this.#frame = bytes;
    this.#due = Math.max(this.#due, this.#total) + bytes;
    this.#path.sent(bytes, { arrival, now });
    this.#watchdog ??= setTimeout(() => this.#watch(), this.#options.stallAfter);
    if (this.kind === "drain" || now - this.#probedAt < probe.every) return;
    this.#probedAt = now;
    this.#lookAgain(probe.first);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#probe);
  }

  get #hasRoom(): boolean {
    return this.#path.unacknowledged <= this.#path.inflightLimit;
  }

  async #drained(): Promise<void> {
    while (!this.#over && !this.#hasRoom) {
      const drainTime = this.#path.drainTime ?? wait.least;
      await sleep(Math.min(Math.max(drainTime, wait.least), wait.most));
      this.#look({ exact: true });
    }
  }

  /** Follows a frame on its way, so that it is known how long that takes; frames that nobody follows are only seen to have come. */
  #lookAgain(after: number): void {
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      this.#look({ exact: true });
      if (this.#path.unacknowledged > 0 && after < probe.most) this.#lookAgain(2 * after);
    }, after);
  }

  /** Asks the kernel; with `exact` it is being asked so often that the answer tells when something came. */
  #look({ exact, maxAge = 0 }: { readonly exact: boolean; readonly maxAge?: number }): void {
    const queue = this.#options.connection.queue?.(maxAge);
    const now = performance.now();
    if (!queue) return void this.#path.observe(0, { now, exact: false }); // the connection is gone, and whoever writes to it will learn
    const { unacknowledged, total = this.#due } = queue;
    this.#total = total;
    this.#path.observe(total >= this.#due ? unacknowledged : Math.max(unacknowledged, this.#frame), { now, exact });
  }

  #watch(): void {
    this.#watchdog = undefined;
    if (this.kind === "kernel") this.#look({ exact: false });
    const silence = this.#path.silence(performance.now());
    if (this.#over || silence === 0) return;
    const { stallAfter, onStall } = this.#options;
    if (silence >= stallAfter) onStall();
    else this.#watchdog = setTimeout(() => this.#watch(), stallAfter - silence);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
