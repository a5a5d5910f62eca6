import type { Connection } from "../session/connection.ts";
import type { Pacer, SentFrame } from "./pacer.ts";
import { PathEstimator } from "./path-estimator.ts";

/** Options for {@link KernelPacer}. Times are milliseconds. */
export interface KernelPacerOptions {
  readonly connection: Connection;
  /** Time without progress after which the viewer has stalled. */
  readonly stallAfter: number;
  /** Called once, when the viewer has stalled. */
  readonly onStall: () => void;
  /** Minimum interval between queries: for short messages, a query costs a third of sending. @default 0 */
  readonly queryInterval?: number | undefined;
}

const pollInterval = { min: 2, max: 100 }; // milliseconds between queries while the queue drains
const maxAnswerAge = 10; // milliseconds for which an answer can be reused if nothing was sent since
const probe = { interval: 1000, first: 1, max: 64 }; // milliseconds: between probes, and from a frame to the queries

/**
 * Paces a connection by the send queue of its kernel: a frame is sent only if it does not have to wait in that queue,
 * which holds up to 4 MB per viewer, or seconds of old pictures.
 *
 * Queries the kernel when there is a frame, and sends it if no more bytes are unacknowledged than the path itself can
 * hold. So a short path carries one frame at a time, and a long, fast one as many as it needs. Where the kernel cannot be
 * queried, the connection gets every frame that it takes (`drain`).
 */
export class KernelPacer implements Pacer {
  readonly kind: "kernel" | "drain";
  readonly #options: KernelPacerOptions;
  readonly #path = new PathEstimator();
  #total = 0; // bytes passed to the kernel, at the last query
  #expected = 0; // bytes passed to the kernel once it has the latest frame
  #frameSize = 0; // bytes of that frame
  #sentAt = 0;
  #queriedAt = Number.NEGATIVE_INFINITY;
  #probedAt = Number.NEGATIVE_INFINITY;
  #probe: ReturnType<typeof setTimeout> | undefined;
  #stallTimer: ReturnType<typeof setTimeout> | undefined;
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
    const { queryInterval = 0 } = this.#options;
    if (now - this.#queriedAt < queryInterval) return undefined;
    this.#queriedAt = now;
    const maxAge = Math.min(maxAnswerAge, now - this.#sentAt);
    this.#query({ exact: this.#probe !== undefined, maxAge });
    return this.#hasRoom ? undefined : this.#drained();
  }

  sent(bytes: number, { arrival }: SentFrame): void {
    const now = performance.now();
    this.#sentAt = now;
    this.#frameSize = bytes;
    this.#expected = Math.max(this.#expected, this.#total) + bytes;
    this.#path.sent(bytes, { arrival, now });
    this.#stallTimer ??= setTimeout(() => this.#checkProgress(), this.#options.stallAfter);
    if (this.kind === "drain" || now - this.#probedAt < probe.interval) return;
    this.#probedAt = now;
    this.#startProbe(probe.first);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#stallTimer);
    clearTimeout(this.#probe);
  }

  get #hasRoom(): boolean {
    return this.#path.unacknowledged <= this.#path.inflightLimit;
  }

  async #drained(): Promise<void> {
    while (!this.#isClosed && !this.#hasRoom) {
      const drainTime = this.#path.drainTime ?? pollInterval.min;
      await sleep(Math.min(Math.max(drainTime, pollInterval.min), pollInterval.max));
      this.#query({ exact: true });
    }
  }

  /** Tracks one frame until it is acknowledged, to time it; of other frames only the arrival is observed. */
  #startProbe(after: number): void {
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      this.#query({ exact: true });
      if (this.#path.unacknowledged > 0 && after < probe.max) this.#startProbe(2 * after);
    }, after);
  }

  /** Queries the kernel. `exact`: queries are frequent enough to give the time of an arrival. */
  #query({ exact, maxAge = 0 }: { readonly exact: boolean; readonly maxAge?: number }): void {
    const queue = this.#options.connection.queue?.(maxAge);
    const now = performance.now();
    if (!queue) return void this.#path.observe(0, { now, exact: false }); // closed; the next write fails
    const { unacknowledged, total = this.#expected } = queue;
    this.#total = total;
    this.#path.observe(total >= this.#expected ? unacknowledged : Math.max(unacknowledged, this.#frameSize), {
      now,
      exact,
    });
  }

  #checkProgress(): void {
    this.#stallTimer = undefined;
    if (this.kind === "kernel") this.#query({ exact: false });
    const silence = this.#path.silence(performance.now());
    if (this.#isClosed || silence === 0) return;
    const { stallAfter, onStall } = this.#options;
    if (silence >= stallAfter) onStall();
    else this.#stallTimer = setTimeout(() => this.#checkProgress(), stallAfter - silence);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
