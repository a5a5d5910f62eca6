import type { Frame } from "./frame.ts";

/**
 * Chooses frames evenly in time, by their capture times, so that whoever looks gets no more than `fps` a second.
 *
 * Every frame is either taken as it comes or left out: none waits. Frames are due on a grid, not one period after the
 * last one taken, so the mean rate is met whatever the camera's own rate; one that is early by up to a quarter of a
 * period counts as due.
 */
export class FrameRateLimiter {
  readonly #period: number; // microseconds
  #due = Number.NEGATIVE_INFINITY;

  /** `fps` undefined takes every frame. */
  constructor(fps: number | undefined) {
    this.#period = fps === undefined ? 0 : 1e6 / fps;
  }

  /** Whether this frame is one of them. */
  accepts({ timestamp }: Pick<Frame, "timestamp">): boolean {
    const late = timestamp - this.#due;
    if (late < -this.#period / 4 && late > -2 * this.#period) return false; // far ahead: the clock was set back
    this.#due = Math.abs(late) > this.#period ? timestamp + this.#period : this.#due + this.#period;
    return true;
  }
}
