import type { Frame } from "../media/frame.ts";
import { FrameRateLimiter } from "../media/frame-rate-limiter.ts";
import type { CameraOptions } from "./options.ts";

/** Frames that a camera has left out, for all viewers together, by reason. */
export interface FilteredFrames {
  /** They came while it warmed up. */
  readonly warmup: number;
  /** They came faster than its rate. */
  readonly rate: number;
}

/** Chooses the frames that are for everybody, and numbers those alone, so that none is missing between two of them. */
export class FrameFilter {
  readonly #warmup: number;
  readonly #rate: FrameRateLimiter;
  readonly #filtered = { warmup: 0, rate: 0 };
  #warmupLeft = 0; // frames of this run that are still to be thrown away
  #sequence = 0;

  constructor({ warmup = 0, fps }: Pick<CameraOptions, "warmup" | "fps">) {
    this.#warmup = warmup;
    this.#rate = new FrameRateLimiter(fps);
  }

  /** Good frames that nobody got, over all runs. */
  get filtered(): FilteredFrames {
    return { ...this.#filtered };
  }

  /** Another run begins: it warms up again, and its frames are numbered on. */
  begin(): void {
    this.#warmupLeft = this.#warmup;
  }

  /** The frame with its number, undefined if nobody is to get it. */
  pass(frame: Frame): Frame | undefined {
    if (this.#warmupLeft > 0) {
      this.#warmupLeft--;
      this.#filtered.warmup++;
      return undefined;
    }
    if (!this.#rate.accepts(frame)) {
      this.#filtered.rate++;
      return undefined;
    }
    return { ...frame, sequence: this.#sequence++ };
  }
}
