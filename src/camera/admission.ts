import type { Frame } from "../media/frame.ts";
import { Rate } from "../media/rate.ts";
import type { CameraOptions } from "./options.ts";

/** Frames that a camera has left out, for all viewers together, by reason. */
export interface LeftOut {
  /** They came while it warmed up. */
  readonly warmup: number;
  /** They came faster than its rate. */
  readonly rate: number;
}

/** Chooses the frames that are for everybody, and numbers those alone, so that none is missing between two of them. */
export class Admission {
  readonly #warmup: number;
  readonly #rate: Rate;
  readonly #leftOut = { warmup: 0, rate: 0 };
  #cold = 0; // frames of this run that are still to be thrown away
  #sequence = 0;

  constructor({ warmup = 0, fps }: Pick<CameraOptions, "warmup" | "fps">) {
    this.#warmup = warmup;
    this.#rate = new Rate(fps);
  }

  /** Good frames that nobody got, over all runs. */
  get leftOut(): LeftOut {
    return { ...this.#leftOut };
  }

  /** Another run begins: it warms up again, and its frames are numbered on. */
  begin(): void {
    this.#cold = this.#warmup;
  }

  /** The frame with its number, undefined if nobody is to get it. */
  pass(frame: Frame): Frame | undefined {
    if (this.#cold > 0) {
      this.#cold--;
      this.#leftOut.warmup++;
      return undefined;
    }
    if (!this.#rate.takes(frame)) {
      this.#leftOut.rate++;
      return undefined;
    }
    return { ...frame, sequence: this.#sequence++ };
  }
}
