import type { Connection } from "../session/connection.ts";
import type { Pacer, SentFrame } from "./pacer.ts";
import { PathEstimator } from "./path-estimator.ts";

/** Options for {@link KernelPacer}. Times are milliseconds. */
export interface KernelPacerOptions {
  readonly connection: Connection;
  /** Time without progress after which the viewer counts as stalled. */
  readonly stallAfter: number;
  /** Called once, when the viewer has stalled. */
  readonly onStall: () => void;
  /** Asks the kernel at most once in so long: for short messages, asking costs a third of sending. @default 0 */
  readonly askInterval?: number | undefined;
}

const pollInterval = { min: 2, max: 100 }; // milliseconds between two looks at a connection that has no room
const maxAnswerAge = 10; // milliseconds that a kernel's answer may be old, if nothing was sent since
const probe = { interval: 1000, first: 1, max: 64 }; // milliseconds between probes, and from a frame to the probe's looks

/**
 * Paces a connection by what its kernel holds: a frame goes only when it does not have to wait in the kernel's queue, which
 * takes up to 4 MB for a viewer, seconds of old pictures.
 *
 * The kernel is asked when a frame is there, and the frame goes if no more is unacknowledged than the path itself holds.
 * So a short path carries one frame at a time, and a long and fast one as many as it needs. Where the kernel cannot be
 * asked, every frame goes that the connection takes (`drain`).
 */
export class KernelPacer implements Pacer {
  readonly kind: "kernel" | "drain";
  readonly #options: KernelPacerOptions;
  readonly #path = new PathEstimator();
  #total = 0; // bytes that the kernel had been handed at the last look
  #expected = 0; // bytes that it will have been handed when it has the latest frame
  #frameSize = 0; // bytes of that frame
  #sentAt = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #probedAt = Number.NEGATIVE_INFINITY;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

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
    const now = performance.now();
    const { askInterval = 0 } = this.#options;
    if (now - this.#askedAt < askInterval) return undefined;
    this.#askedAt = now;
    const maxAge = Math.min(maxAnswerAge, now - this.#sentAt);
    this.#look({ exact: this.#probe !== undefined, maxAge });
    return this.#hasRoom ? undefined : this.#drained();
  }

  sent(bytes: number, { arrival }: SentFrame): void {
    const now = performance.now();
    this.#sentAt = now;
    this.#frameSize = bytes;
    this.#expected = Math.max(this.#expected, this.#total) + bytes;
    this.#path.sent(bytes, { arrival, now });
    this.#watchdog ??= setTimeout(() => this.#watch(), this.#options.stallAfter);
    if (this.kind === "drain" || now - this.#probedAt < probe.interval) return;
    this.#probedAt = now;
    this.#lookAgain(probe.first);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#probe);
  }

  get #hasRoom(): boolean {
    return this.#path.unacknowledged <= this.#path.inflightLimit;
  }

  async #drained(): Promise<void> {
    while (!this.#isClosed && !this.#hasRoom) {
      const drainTime = this.#path.drainTime ?? pollInterval.min;
      await sleep(Math.min(Math.max(drainTime, pollInterval.min), pollInterval.max));
      this.#look({ exact: true });
    }
  }

  /** Follows one frame on its way to measure how long that takes; of other frames only the arrival is seen. */
  #lookAgain(after: number): void {
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      this.#look({ exact: true });
      if (this.#path.unacknowledged > 0 && after < probe.max) this.#lookAgain(2 * after);
    }, after);
  }

  /** Asks the kernel; with `exact` it is asked so often that the answer tells when something arrived. */
  #look({ exact, maxAge = 0 }: { readonly exact: boolean; readonly maxAge?: number }): void {
    const queue = this.#options.connection.queue?.(maxAge);
    const now = performance.now();
    if (!queue) return void this.#path.observe(0, { now, exact: false }); // the connection is gone, as the next write will tell
    const { unacknowledged, total = this.#expected } = queue;
    this.#total = total;
    this.#path.observe(total >= this.#expected ? unacknowledged : Math.max(unacknowledged, this.#frameSize), {
      now,
      exact,
    });
  }

  #watch(): void {
    this.#watchdog = undefined;
    if (this.kind === "kernel") this.#look({ exact: false });
    const silence = this.#path.silence(performance.now());
    if (this.#isClosed || silence === 0) return;
    const { stallAfter, onStall } = this.#options;
    if (silence >= stallAfter) onStall();
    else this.#watchdog = setTimeout(() => this.#watch(), stallAfter - silence);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
