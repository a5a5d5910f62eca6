/** What JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** What a predictor said of one frame. Predictions are shared: nobody may change them. */
export interface Prediction<R = Json> {
  readonly camera: string;
  /** The name of the predictor, where a viewer chose one. */
  readonly predictor?: string | undefined;
  /** The frame it saw. */
  readonly sequence: number;
  /** When that frame was captured, in microseconds since the epoch. */
  readonly timestamp: number;
  /** When the predictor was given the frame, in milliseconds since the epoch. */
  readonly started: number;
  /** Milliseconds from then to this result. */
  readonly duration: number;
  readonly result: R;
}

/** Where something was seen, as object detectors of Transformers.js tell it. */
export interface Detection {
  readonly label: string;
  /** 0 to 1. */
  readonly score: number;
  /** Pixels of the frame. */
  readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
}
