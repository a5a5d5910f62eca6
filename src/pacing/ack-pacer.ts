import { Capacity } from "./capacity.ts";
import type { SentFrame } from "./pacer.ts";
import type { SharedPacer } from "./scheduler.ts";

const unknown = 1e9; // milliseconds: longer than can be waited for
const probeInterval = 4; // acknowledgements

/** Options for {@link AckPacer}. */
export interface AckPacerOptions {
  /** Milliseconds without an acknowledgement after which the viewer counts as stalled. */
  readonly stallAfter: number;
  /** Called once, when the viewer has stalled. */
  readonly onStall: () => void;
}

interface InFlight {
  readonly camera: string;
  readonly sequence: number;
  readonly bytes: number;
  readonly arrival: number;
  readonly sentAt: number;
  /** Bytes that had been acknowledged when it was sent, and since when the path has been at work on what was not. */
  readonly delivered: number;
  readonly deliveredAt: number;
}

/**
 * Paces a viewer that acknowledges the frames it has drawn. Whatever kernels, proxies and browsers hold in between, the next
 * frame goes when the viewer has drawn the last, or one round trip before it will have, judging by the rate it draws at.
 *
 * When the viewer tells its round trip, a long path carries as many frames as it needs; otherwise one or two. Acknowledging
 * a frame acknowledges all that were sent before it.
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
  #probe = 0; // bytes that may go beyond what the path is known to hold
  #lag: number | undefined;
  #wake: (() => void) | undefined;
  #release: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

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
    this.#watchdog ??= setTimeout(() => this.#watch(), this.#options.stallAfter);
  }

  /** Takes an acknowledgement: the viewer has drawn or given up this frame and all before it. Unknown frames are ignored. */
  acknowledge(camera: string, sequence: number, rtt = 0): void {
    const last = this.#inFlight.findLastIndex((frame) => frame.camera === camera && frame.sequence <= sequence);
    const frames = this.#inFlight.splice(0, last + 1);
    const newest = frames.at(-1);
    if (!newest) return;
    const now = performance.now();
    this.#rtt = Math.max(0, rtt);
    const bytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
    this.#delivered += bytes;
    // Over all that was delivered since the frame was sent: acknowledgements that come in a bunch would seem a fast path.
    this.#capacity.delivered((this.#delivered - newest.delivered) / Math.max(now - newest.deliveredAt, 1), now);
    // What is sent too seldom looks like a slow path. Where the way is long, one frame more, now and then, tells.
    if (++this.#acknowledgements % probeInterval === 0 && now - newest.sentAt < 3 * this.#rtt)
      this.#probe = newest.bytes;
    this.#unacknowledged -= bytes;
    this.#acknowledgedAt = now;
    this.#lag = now - newest.arrival;
    this.#look();
  }

  close(): void {
    clearTimeout(this.#watchdog);
    clearTimeout(this.#release);
    this.#wake?.();
  }

  /** Returns when the far end began to take a frame: a round trip after it was sent, or when it had taken the one before. */
  #begunAt({ sentAt }: InFlight): number {
    return Math.max(sentAt + this.#rtt, this.#acknowledgedAt);
  }

  /** Returns milliseconds until the next frame may go; `unknown` while only an acknowledgement can tell. */
  #wait(): number {
    const [first, second] = this.#inFlight;
    const { rate } = this.#capacity;
    if (!first) return 0;
    if (!rate) return unknown;
    const limit = this.#capacity.inflightLimit(this.#rtt) + this.#probe;
    if (this.#unacknowledged <= limit) return 0;
    if (second) return unknown; // the end of one frame can be foreseen, not of more
    return this.#begunAt(first) + (first.bytes - limit) / rate - performance.now();
  }

  #sleep(resolve: () => void): void {
    this.#wake = () => {
      this.#wake = undefined;
      resolve();
    };
    this.#look();
  }

  #look(): void {
    if (!this.#wake) return;
    clearTimeout(this.#release);
    const wait = this.#wait();
    if (wait <= 0) this.#wake();
    else if (wait < unknown) this.#release = setTimeout(() => this.#look(), Math.ceil(wait));
  }

  #watch(): void {
    this.#watchdog = undefined;
    const [first] = this.#inFlight;
    if (!first) return;
    const silence = performance.now() - Math.max(first.sentAt, this.#acknowledgedAt);
    const { stallAfter, onStall } = this.#options;
    if (silence >= stallAfter) onStall();
    else this.#watchdog = setTimeout(() => this.#watch(), stallAfter - silence);
  }
}
