import { Gauge } from "./gauge.js";
import { readResult } from "./result.js";

/**
 * What was predicted of a frame, as it came.
 * @typedef {object} Prediction
 * @property {string} camera
 * @property {number} sequence of the frame
 * @property {number} timestamp of its capture, in microseconds since the epoch
 * @property {number} duration milliseconds that the predictor took
 * @property {unknown} result
 */

/** @typedef {import("./result.js").Result & Pick<Prediction, "sequence" | "timestamp">} Known */

/** So many may be known before their frames are drawn. */
const KEPT = 16;
/** Milliseconds. */
const LEAST_PATIENCE = 500;
const MOST_PATIENCE = 2000;

/** What has lately been predicted of one camera, and how fast. */
export class Predictions {
  /** @type {Map<number, Known>} */
  #known = new Map();
  /** @type {Known | null} */
  #newest = null;
  #heard = Number.NEGATIVE_INFINITY;
  #gauge = new Gauge();

  /** The last one that came. */
  get newest() {
    return this.#newest;
  }

  /** Predictions a second that came lately, null for fewer than two. */
  get rate() {
    return this.#gauge.fps;
  }

  /** Milliseconds that the predictor takes, null while nothing has come. */
  get duration() {
    return this.#gauge.lag;
  }

  /** Milliseconds that a frame may wait for what is predicted of it. */
  get patience() {
    return Math.min(Math.max(LEAST_PATIENCE, 2 * this.#pace), MOST_PATIENCE);
  }

  /** Milliseconds after which boxes say nothing about a later picture any more. */
  get expiry() {
    return 1000 + 3 * this.#pace;
  }

  /** Whether so many come that it makes sense to wait for the next one. */
  get flowing() {
    return performance.now() - this.#heard < this.patience;
  }

  /** @param {Prediction} prediction */
  add({ sequence, timestamp, duration, result }) {
    this.#heard = performance.now();
    this.#gauge.count(sequence, duration);
    this.#newest = { sequence, timestamp, ...readResult(result) };
    // Once more to the end: a predictor may say several things of one frame, and the last one counts.
    this.#known.delete(sequence);
    this.#known.set(sequence, this.#newest);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= KEPT) break;
      this.#known.delete(oldest);
    }
  }

  /**
   * What is known of a frame, or else the newest there is.
   * @param {number} sequence
   * @returns {Known | null}
   */
  of(sequence) {
    return this.#known.get(sequence) ?? this.#newest;
  }

  /** What comes next is of another time. */
  forget() {
    this.#known.clear();
    this.#newest = null;
    this.#heard = Number.NEGATIVE_INFINITY;
    this.#gauge.interrupt();
  }

  /** Milliseconds that a prediction takes, or that lie between two, whichever is longer. */
  get #pace() {
    return Math.max(this.duration ?? 0, this.rate ? 1000 / this.rate : 0);
  }
}
