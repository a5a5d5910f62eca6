import type { Frame } from "./frame.ts";

/**
 * Limits frames to `fps` per second, evenly spaced by capture time.
 *
 * Accepts or rejects each frame at once; none is delayed. Frames are due on a fixed grid, not one period after the last
 * accepted one, so the mean rate is met whatever the camera's own rate. A frame up to a quarter period early is due.
 */
export class FrameRateLimiter {
  readonly #period: number; // microseconds
  #due = Number.NEGATIVE_INFINITY;

  /** Accepts every frame if `fps` is undefined. */
  constructor(fps: number | undefined) {
    this.#period = fps === undefined ? 0 : 1e6 / fps;
  }

  /** Returns true if this frame is due. Call it once per frame, in order: accepting one moves the grid on. */
  accepts({ timestamp }: Pick<Frame, "timestamp">): boolean {
    const lateness = timestamp - this.#due;
    if (lateness < -this.#period / 4 && lateness > -2 * this.#period) return false; // further ahead means that the clock was set back
    this.#due = Math.abs(lateness) > this.#period ? timestamp + this.#period : this.#due + this.#period;
    return true;
  }
}
