/** Milliseconds over which the rate and the lag are measured. */
const rateWindow = 3000;
const lagWindow = 1000;

/** Statistics of drawn frames: how many a second, how long after their capture, and how many were skipped. */
export class DrawStats {
  /** @type {{ at: number, lag: number | null }[]} */
  #draws = [];
  /** @type {number | null} */
  #lastSequence = null;
  /** Frames that were not drawn, counted by the gaps between the sequences of those that were. */
  skipped = 0;

  /**
   * Counts a frame that has just been drawn.
   * @param {number} sequence
   * @param {number | null} lag milliseconds since its capture, null when unknown
   */
  add(sequence, lag) {
    const at = performance.now();
    // A sequence that goes back is that of a restarted server, which has skipped nothing.
    if (this.#lastSequence !== null && sequence > this.#lastSequence) this.skipped += sequence - this.#lastSequence - 1;
    this.#lastSequence = sequence;
    this.#draws.push({ at, lag });
    while (this.#draws.length > 2 && at - (this.#draws[0]?.at ?? at) > rateWindow) this.#draws.shift();
  }

  /** Starts measuring anew after a pause. The frames in between were not wanted and do not count as skipped. */
  restart() {
    this.#draws = [];
    this.#lastSequence = null;
  }

  /** Frames drawn per second lately, null for fewer than two. */
  get fps() {
    const first = this.#draws[0];
    const last = this.#draws.at(-1);
    if (!first || !last || first === last) return null;
    return ((this.#draws.length - 1) * 1000) / (last.at - first.at);
  }

  /** Milliseconds from capture to drawing: the median of the last second, or that of the last frame; null if unknown. */
  get lag() {
    const since = performance.now() - lagWindow;
    const recent = this.#draws.filter(({ at }) => at > since);
    const lags = (recent.length > 0 ? recent : this.#draws.slice(-1)).flatMap(({ lag }) => lag ?? []);
    return lags.sort((a, b) => a - b)[lags.length >> 1] ?? null;
  }
}
