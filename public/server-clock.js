const maxSamples = 10;

/**
 * The server's clock, estimated from pings and their pongs. Of the last ten round trips the shortest one counts: the
 * others were delayed, and nobody knows in which direction.
 */
export class ServerClock {
  /** @type {{ rtt: number, offset: number }[]} */
  #samples = [];
  /** @type {{ rtt: number, offset: number } | null} */
  #best = null;

  /** The shortest recent round-trip time in milliseconds; null before the first. */
  get rtt() {
    return this.#best?.rtt ?? null;
  }

  /**
   * Adds a round trip.
   * @param {number} sent when the ping was sent, as of performance.now()
   * @param {number} received when its pong arrived, likewise
   * @param {number} now the server's time in between, in milliseconds of its clock
   */
  add(sent, received, now) {
    this.#samples.push({ rtt: received - sent, offset: now - (sent + received) / 2 });
    if (this.#samples.length > maxSamples) this.#samples.shift();
    this.#best = this.#samples.reduce((best, sample) => (sample.rtt < best.rtt ? sample : best));
  }

  /** Forgets all round trips: during a pause this machine's clock may have stood still. */
  reset() {
    this.#samples = [];
    this.#best = null;
  }

  /**
   * Returns the time that has passed since a moment of the server's clock.
   * @param {number} clock in milliseconds of the server's clock
   * @returns {number | null} milliseconds; null while the clock is not known
   */
  elapsedSince(clock) {
    return this.#best && Math.max(0, performance.now() + this.#best.offset - clock);
  }
}
