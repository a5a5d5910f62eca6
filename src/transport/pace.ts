import type { Frame } from "../media/frame.ts";
import { type Connection, isLoopback } from "../session.ts";
import { Path } from "./path.ts";

/** What tells a connection's pace: its kernel's send queue, or only how fast it takes what it is handed. */
export type PaceKind = "kernel" | "drain";

/** What a viewer's branch is paced by. */
export interface Pacing {
  /** What tells the pace, in a word. */
  readonly kind: string;
  /** Milliseconds that the newest frame known to have come was old then; undefined before the first. */
  readonly lag: number | undefined;
  /** The branch holds a frame. */
  arrived?(): void;
  /** Settles when a frame may go; undefined when it may at once. Asked when the connection has taken the one before. */
  ready(): Promise<void> | undefined;
  /** The frame that might have gone was too old, and none goes. */
  passed?(): void;
  /** A frame of a camera was handed to the connection, as so many bytes. */
  sent(bytes: number, frame: Frame, camera?: string): void;
  /** The connection has taken that frame. */
  taken?(): void;
  /** It is over: nobody waits any more. */
  close(): void;
}

/** How a connection is paced. */
export interface PaceOptions {
  readonly connection: Connection;
  /** Milliseconds without progress after which a viewer counts as stalled. */
  readonly stallAfter: number;
  /** Hears once that the viewer has stalled. */
  readonly onStall: () => void;
}

const trustAfter = 1000; // milliseconds without a queue, after which looks become rare
const rareLook = { near: 1000, far: 250 }; // milliseconds between two looks at a viewer that keeps up
const promptly = 20; // milliseconds in which a connection with room takes a frame
const wait = { least: 10, most: 100 }; // milliseconds between two looks at one that may not

/**
 * Whether the next frame may go to one connection: not before it can do so without waiting in a queue behind our back.
 * A kernel takes up to 4 MB for a viewer, which is seconds of old pictures.
 *
 * Where the kernel tells what the other end has not acknowledged, a frame may go once that is no more than the path
 * itself holds. So a short path carries one frame at a time, and a long and fast one as many as it needs. Elsewhere
 * whatever the connection takes may go. A look costs milliseconds, so viewers that keep up are looked at rarely, until
 * their connection does not take a frame at once; one look serves all.
 */
export class Pace implements Pacing {
  readonly kind: PaceKind;
  readonly #options: PaceOptions;
  readonly #path = new Path();
  readonly #rareLook: number;
  #frame = 0; // bytes of the latest
  #sentAt = 0;
  #lookedAt = 0;
  #taking = false;
  #shown = false;
  #trusted = false;
  #queuedAt = performance.now();
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(options: PaceOptions) {
    this.#options = options;
    this.kind = options.connection.queue ? "kernel" : "drain";
    this.#rareLook = isLoopback(options.connection.remote) ? rareLook.near : rareLook.far; // which has no link to fade
  }

  get lag(): number | undefined {
    return this.#path.lag;
  }

  ready(): Promise<void> | undefined {
    if (this.kind === "drain") {
      this.#path.look(0, { handed: this.#path.handed, now: performance.now(), exact: false });
      return undefined;
    }
    if (performance.now() - this.#sentAt > promptly && this.#taking) this.#suspect();
    this.#taking = false;
    if (!this.#trusted) return this.#drained();
    if (performance.now() - this.#lookedAt > this.#rareLook) void this.#look(this.#rareLook);
    return undefined;
  }

  sent(bytes: number, { arrival }: Pick<Frame, "arrival">): void {
    this.#frame = bytes;
    this.#sentAt = performance.now();
    this.#taking = true;
    this.#shown = false;
    this.#path.sent(bytes, { arrival, now: this.#sentAt });
    this.#watchdog ??= setTimeout(() => void this.#watch(), this.#options.stallAfter);
  }

  close(): void {
    this.#over = true;
    clearTimeout(this.#watchdog);
  }

  async #drained(): Promise<void> {
    for (let again = false, queued = false; !this.#over; again = true) {
      const drainTime = this.#path.drainTime ?? wait.least;
      if (again) await sleep(Math.min(Math.max(drainTime, wait.least), wait.most));
      else if (this.#path.unacknowledged === 0) return;
      const fresh = again ? wait.least / 2 : performance.now() - this.#sentAt; // milliseconds that a look may be old
      const seen = this.#over ? "nothing" : await this.#look(fresh);
      if (seen === "nothing") return;
      if (seen === "early") continue;
      if (this.#path.unacknowledged > this.#path.allowance) {
        queued = true;
        continue;
      }
      if (queued) this.#suspect();
      else if (performance.now() - this.#queuedAt > trustAfter) this.#trusted = true;
      return;
    }
  }

  /** Asks the kernel; it may not tell, or too early to count the frame that was just handed over. */
  async #look(maxAge: number): Promise<"nothing" | "early" | "queue"> {
    const { handed } = this.#path;
    const { queue: tell, queueDelay = 0 } = this.#options.connection;
    const begun = performance.now();
    this.#lookedAt = begun;
    const queue = await tell?.(maxAge);
    if (queue === undefined) return "nothing";
    if (queue > 0) this.#shown = true;
    else if (!this.#shown && begun - this.#sentAt < queueDelay) return "early";
    this.#path.look(Math.min(queue, handed), { handed, now: performance.now(), exact: !this.#trusted });
    if (this.#trusted && queue > this.#path.allowance + 1.5 * this.#frame) this.#suspect();
    return "queue";
  }

  #suspect(): void {
    this.#trusted = false;
    this.#queuedAt = performance.now();
  }

  async #watch(): Promise<void> {
    this.#watchdog = undefined;
    const { stallAfter, onStall } = this.#options;
    if (this.kind === "kernel") await this.#look(stallAfter / 10); // not newer: viewers who came together share a look
    const silence = this.#path.silence(performance.now());
    if (this.#over || silence === 0) return;
    if (silence >= stallAfter) return onStall();
    this.#watchdog = setTimeout(() => void this.#watch(), stallAfter - silence);
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
