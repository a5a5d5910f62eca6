/** Milliseconds over which a rate is taken, and over which a lag is. */
const RATE_WINDOW = 3000;
const LAG_WINDOW = 1000;

/** Measures what a tile draws: how often, how long after it was captured, and how much it has left out. */
export class Gauge {
  /** @type {{ at: number, lag: number | null }[]} */
  #draws = [];
  /** @type {number | null} */
  #last = null;
  /** Frames that were not drawn, by the gaps between the sequences of those that were. */
  skipped = 0;

  /**
   * A frame has been drawn just now.
   * @param {number} sequence
   * @param {number | null} lag milliseconds since its capture, null when that cannot be told
   */
  count(sequence, lag) {
    const at = performance.now();
    // A sequence that goes back is that of a server started anew, which has skipped nothing.
    if (this.#last !== null && sequence > this.#last) this.skipped += sequence - this.#last - 1;
    this.#last = sequence;
    this.#draws.push({ at, lag });
    while (this.#draws.length > 2 && at - (this.#draws[0]?.at ?? at) > RATE_WINDOW) this.#draws.shift();
  }

  /** What comes next does not follow what was drawn before: nobody wanted what lies in between. */
  interrupt() {
    this.#draws = [];
    this.#last = null;
  }

  /** Frames a second that were drawn lately, null for fewer than two. */
  get fps() {
    const first = this.#draws[0];
    const last = this.#draws.at(-1);
    if (!first || !last || first === last) return null;
    return ((this.#draws.length - 1) * 1000) / (last.at - first.at);
  }

  /** Milliseconds from capture to drawn: the median of the last second, or that of the last picture; null if unknown. */
  get lag() {
    const since = performance.now() - LAG_WINDOW;
    const recent = this.#draws.filter(({ at }) => at > since);
    const lags = (recent.length > 0 ? recent : this.#draws.slice(-1)).flatMap(({ lag }) => lag ?? []);
    return lags.sort((a, b) => a - b)[lags.length >> 1] ?? null;
  }
}
