/** Any JSON value, such as the result of a {@link Prediction}, which has an example. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/**
 * A result of a predictor for one frame. Predictions are shared by all their readers: do not change them.
 *
 * @example
 * ```ts
 * for await (const { sequence, duration, result } of front.tee().pipeThrough(predictor)) {
 *   console.log(`frame ${sequence}: ${JSON.stringify(result)}, ${duration} ms`);
 * }
 * ```
 */
export interface Prediction<R = Json> {
  /** Name of the camera. */
  readonly camera: string;
  /** Name of the predictor, if a viewer chose one. */
  readonly predictor?: string | undefined;
  /** Sequence of the frame. */
  readonly sequence: number;
  /** Capture time of the frame, in microseconds since the epoch. */
  readonly timestamp: number;
  /** Time at which the predictor received the frame, in milliseconds since the epoch. */
  readonly started: number;
  /** Milliseconds from `started` to this result. */
  readonly duration: number;
  readonly result: R;
  /** All of it as JSON on one line, where that is known without making it. A copy of the prediction does not have it. */
  readonly json?: string | undefined;
}

/**
 * An object found in a frame, in the format of the object detectors of Transformers.js.
 *
 * @example
 * ```ts
 * const cat: Detection = { label: "cat", score: 0.97, box: { xmin: 10, ymin: 20, xmax: 110, ymax: 90 } };
 * ```
 */
export interface Detection {
  readonly label: string;
  /** Confidence, 0 to 1. */
  readonly score: number;
  /** In pixels of the frame. */
  readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
}
