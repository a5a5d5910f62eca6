const SAMPLES = 10;

/**
 * What the server's clock says, told by pings and their pongs. Of the last ten round trips the shortest one counts:
 * the others have waited somewhere, and nobody knows on which way.
 */
export class Clock {
  /** @type {{ trip: number, offset: number }[]} */
  #samples = [];
  /** @type {{ trip: number, offset: number } | null} */
  #best = null;

  /** The shortest round trip seen lately, in milliseconds; null before the first. */
  get trip() {
    return this.#best?.trip ?? null;
  }

  /**
   * @param {number} sent when the ping left, as of performance.now()
   * @param {number} received when its pong came, likewise
   * @param {number} now what the server's clock said in between, in milliseconds since the epoch
   */
  add(sent, received, now) {
    this.#samples.push({ trip: received - sent, offset: now - (sent + received) / 2 });
    if (this.#samples.length > SAMPLES) this.#samples.shift();
    this.#best = this.#samples.reduce((best, sample) => (sample.trip < best.trip ? sample : best));
  }

  /** Forgets everything: behind a pause this machine's clock may have stood still. */
  reset() {
    this.#samples = [];
    this.#best = null;
  }

  /**
   * @param {number} timestamp of the server's clock, in microseconds since the epoch
   * @returns {number | null} milliseconds that have passed since then; null while the clock is not known
   */
  since(timestamp) {
    return this.#best && Math.max(0, performance.now() + this.#best.offset - timestamp / 1000);
  }
}
