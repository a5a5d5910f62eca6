import { DrawStats } from "./draw-stats.js";
import { parseResult } from "./result.js";

/** @import { Prediction } from "./server.ts" */
/** @import { Result } from "./result.js" */

/** @typedef {Result & Pick<Prediction, "sequence" | "timestamp">} StoredPrediction */

/** Predictions that may arrive before their frames are drawn. */
const maxPredictions = 16;
/** Milliseconds. */
const minTimeout = 500;
const maxTimeout = 2000;

/** The latest predictions for one camera, and how fast they come. Bound: 16; the oldest are dropped. */
export class PredictionStore {
  /** @type {Map<number, StoredPrediction>} */
  #bySequence = new Map();
  /** @type {StoredPrediction | null} */
  #newest = null;
  #receivedAt = Number.NEGATIVE_INFINITY;
  #stats = new DrawStats();

  /** The last one that arrived. */
  get newest() {
    return this.#newest;
  }

  /** Predictions per second lately, null for fewer than two. */
  get rate() {
    return this.#stats.fps;
  }

  /** Milliseconds that the predictor takes, null before the first prediction. */
  get duration() {
    return this.#stats.lag;
  }

  /** Milliseconds that a frame may wait for its prediction. */
  get timeout() {
    return Math.min(Math.max(minTimeout, 2 * this.#period), maxTimeout);
  }

  /** Milliseconds after which boxes are too old to be drawn over a later frame. */
  get maxAge() {
    return 1000 + 3 * this.#period;
  }

  /** Whether predictions come often enough for it to make sense to wait for the next one. */
  get active() {
    return performance.now() - this.#receivedAt < this.timeout;
  }

  /** @param {Prediction} prediction */
  add({ sequence, timestamp, duration, result }) {
    this.#receivedAt = performance.now();
    this.#stats.add(sequence, duration);
    this.#newest = { sequence, timestamp, ...parseResult(result) };
    // Deleted first, so that it moves to the end: of several predictions for one frame the last one counts.
    this.#bySequence.delete(sequence);
    this.#bySequence.set(sequence, this.#newest);
    for (const oldest of this.#bySequence.keys()) {
      if (this.#bySequence.size <= maxPredictions) break;
      this.#bySequence.delete(oldest);
    }
  }

  /**
   * Returns the prediction for a frame, or else the newest there is.
   * @param {number} sequence
   * @returns {StoredPrediction | null}
   */
  find(sequence) {
    return this.#bySequence.get(sequence) ?? this.#newest;
  }

  /** Forgets all: what comes next does not follow what came before. */
  clear() {
    this.#bySequence.clear();
    this.#newest = null;
    this.#receivedAt = Number.NEGATIVE_INFINITY;
    this.#stats.restart();
  }

  /** Milliseconds that a prediction takes, or between two of them, whichever is longer. */
  get #period() {
    return Math.max(this.duration ?? 0, this.rate ? 1000 / this.rate : 0);
  }
}
