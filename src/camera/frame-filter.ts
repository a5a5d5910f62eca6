import { type Frame, isRepetition } from "../media/frame.ts";
import { FrameRateLimiter } from "../media/frame-rate-limiter.ts";
import type { CameraOptions } from "./options.ts";

/**
 * Numbers of valid frames that a camera has withheld from all readers, by reason.
 *
 * @example
 * ```ts
 * const { warmup, rate } = front.filtered;
 * ```
 */
export interface FilteredFrames {
  /** Discarded as the first frames of a run. */
  readonly warmup: number;
  /** Above the frame rate of the camera. */
  readonly rate: number;
}

/** Drops frames by warm-up and frame rate, and those that another teecam sends again, and numbers the others without gaps, across runs. */
export class FrameFilter {
  readonly #warmup: number;
  readonly #rate: FrameRateLimiter;
  readonly #filtered = { warmup: 0, rate: 0 };
  readonly #rejected = new WeakSet<Frame>();
  #warmupLeft = 0; // frames of this run still to be discarded
  #sequence = 0;
  #upstream: number | undefined;

  constructor({ warmup = 0, fps }: Pick<CameraOptions, "warmup" | "fps">) {
    this.#warmup = warmup;
    this.#rate = new FrameRateLimiter(fps);
  }

  /** Frames dropped, over all runs. */
  get filtered(): FilteredFrames {
    return { ...this.#filtered };
  }

  /** Starts another run, with a warm-up of its own; numbering continues. */
  begin(): void {
    this.#warmupLeft = this.#warmup;
  }

  /** Returns the frame with its number, or undefined if it is dropped. */
  pass(frame: Frame): Frame | undefined {
    return this.accepts(frame) ? this.number(frame) : undefined;
  }

  /** Decides about a frame that is going to be edited. Call it once per frame, in order. */
  accepts(frame: Frame): boolean {
    const reason = this.#reasonToDrop(frame);
    if (reason === undefined) return true;
    if (reason !== "repetition") this.#filtered[reason]++;
    this.#rejected.add(frame);
    return false;
  }

  /** Returns the frame with its number, or undefined if it is one that was not accepted. */
  number(frame: Frame): Frame | undefined {
    return this.#rejected.has(frame) ? undefined : { ...frame, sequence: this.#sequence++ };
  }

  #reasonToDrop(frame: Frame): "repetition" | "warmup" | "rate" | undefined {
    if (isRepetition(frame, this.#upstream)) return "repetition";
    this.#upstream = frame.upstream;
    if (this.#warmupLeft > 0) {
      this.#warmupLeft--;
      return "warmup";
    }
    return this.#rate.accepts(frame) ? undefined : "rate";
  }
}
