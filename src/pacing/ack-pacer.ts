import { Capacity } from "./capacity.ts";
import type { SentFrame } from "./pacer.ts";
import type { SharedPacer } from "./scheduler.ts";

const noEstimate = 1e9; // milliseconds: wait for the next acknowledgement
const probeInterval = 4; // acknowledgements

/** Options for {@link AckPacer}. */
export interface AckPacerOptions {
  /** Milliseconds without an acknowledgement after which the viewer has stalled. */
  readonly stallAfter: number;
  /** Called once, when the viewer has stalled. */
  readonly onStall: () => void;
}

/** A frame that has been sent and not acknowledged. */
interface InFlight {
  readonly camera: string;
  readonly sequence: number;
  readonly bytes: number;
  readonly arrival: number;
  readonly sentAt: number;
  /** Bytes acknowledged when it was sent. */
  readonly delivered: number;
  /** Time at which the path began to deliver what was not acknowledged then. */
  readonly deliveredAt: number;
}

/**
 * Paces a viewer that acknowledges the frames it has drawn. Whatever kernels, proxies and browsers buffer in between, the
 * next frame is sent when the viewer has drawn the last one or, at its recent rate, one round trip before that.
 *
 * If the viewer reports its round trip, a long path carries as many frames as it needs; otherwise one or two. An
 * acknowledgement covers all frames sent before.
 */
export class AckPacer implements SharedPacer {
  readonly kind = "acks";
  readonly #options: AckPacerOptions;
  readonly #capacity = new Capacity();
  readonly #inFlight: InFlight[] = [];
  #unacknowledged = 0; // bytes
  #acknowledgedAt = 0;
  #delivered = 0; // bytes acknowledged
  #rtt = 0; // milliseconds
  #acknowledgements = 0;
  #probe = 0; // bytes beyond the estimated capacity, sent to measure it
  #lag: number | undefined;
  #wake: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stallTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: AckPacerOptions) {
    this.#options = options;
  }

  get lag(): number | undefined {
    return this.#lag;
  }

  ready(): Promise<void> | undefined {
    return this.#wait() <= 0 ? undefined : new Promise((resolve) => this.#sleep(resolve));
  }

  sent(bytes: number, { sequence, arrival }: SentFrame, camera: string): void {
    const sentAt = performance.now();
    const deliveredAt = this.#inFlight.length === 0 ? sentAt + this.#rtt : this.#acknowledgedAt;
    this.#inFlight.push({ camera, sequence, bytes, arrival, sentAt, delivered: this.#delivered, deliveredAt });
    if (this.#unacknowledged > this.#capacity.inflightLimit(this.#rtt)) this.#probe = 0; // this frame is the probe
    this.#unacknowledged += bytes;
    this.#capacity.sent(bytes, sentAt);
    this.#stallTimer ??= setTimeout(() => this.#checkProgress(), this.#options.stallAfter);
  }

  /**
   * Handles an acknowledgement: the viewer has drawn or discarded this frame and all before it. Ignores unknown frames.
   * `rtt` is the shortest round trip that the viewer has measured, in milliseconds.
   */
  acknowledge(camera: string, sequence: number, rtt = 0): void {
    const last = this.#inFlight.findLastIndex((frame) => frame.camera === camera && frame.sequence <= sequence);
    const frames = this.#inFlight.splice(0, last + 1);
    const newest = frames.at(-1);
    if (!newest) return;
    const now = performance.now();
    this.#rtt = Math.max(0, rtt);
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
    this.#delivered += bytes;
    // Measured over all bytes delivered since the frame was sent: acknowledgements in a burst would suggest a fast path.
    this.#capacity.delivered((this.#delivered - newest.delivered) / Math.max(now - newest.deliveredAt, 1), now);
    // A path that is used too little looks slow. On a long path an extra frame, now and then, measures it.
    if (++this.#acknowledgements % probeInterval === 0 && now - newest.sentAt < 3 * this.#rtt)
      this.#probe = newest.bytes;
    this.#unacknowledged -= bytes;
    this.#acknowledgedAt = now;
    this.#lag = now - newest.arrival;
    this.#wakeIfReady();
  }

  close(): void {
    clearTimeout(this.#stallTimer);
    clearTimeout(this.#timer);
    this.#wake?.();
  }

  /** Returns when the viewer began to receive a frame: a round trip after it was sent, or when it had the previous one. */
  #transferStart({ sentAt }: InFlight): number {
    return Math.max(sentAt + this.#rtt, this.#acknowledgedAt);
  }

  /** Returns milliseconds until the next frame may be sent; `noEstimate` while that depends on an acknowledgement. */
  #wait(): number {
    const [first, second] = this.#inFlight;
    const { rate } = this.#capacity;
    if (!first) return 0;
    if (!rate) return noEstimate;
    const limit = this.#capacity.inflightLimit(this.#rtt) + this.#probe;
    if (this.#unacknowledged <= limit) return 0;
    if (second) return noEstimate; // the end can be estimated for one frame, not for several
    return this.#transferStart(first) + (first.bytes - limit) / rate - performance.now();
  }

  #sleep(resolve: () => void): void {
    this.#wake = () => {
      this.#wake = undefined;
      resolve();
    };
    this.#wakeIfReady();
  }

  #wakeIfReady(): void {
    if (!this.#wake) return;
    clearTimeout(this.#timer);
    const wait = this.#wait();
    if (wait <= 0) this.#wake();
    else if (wait < noEstimate) this.#timer = setTimeout(() => this.#wakeIfReady(), Math.ceil(wait));
  }

  #checkProgress(): void {
    this.#stallTimer = undefined;
    const [first] = this.#inFlight;
    if (!first) return;
    const silence = performance.now() - Math.max(first.sentAt, this.#acknowledgedAt);
    const { stallAfter, onStall } = this.#options;
    if (silence >= stallAfter) onStall();
    else this.#stallTimer = setTimeout(() => this.#checkProgress(), stallAfter - silence);
  }
}
