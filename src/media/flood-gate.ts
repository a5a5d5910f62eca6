/** Milliseconds for which a gate that was not used saves up. */
const saved = 1000;

/** Lets through as many frames as a camera can make, and no flood: `maxRate` a second on average, and as many at once. */
export class FloodGate {
  readonly #period: number; // milliseconds
  #paidUntil = Number.NEGATIVE_INFINITY;

  /** Lets all through if `maxRate` is Infinity. */
  constructor(maxRate: number) {
    this.#period = 1000 / maxRate;
  }

  /** Milliseconds that the next frame has to wait; 0 if it may pass. */
  get delay(): number {
    return this.#period === 0 ? 0 : this.#delayAt(performance.now());
  }

  /** Returns true if a frame may pass, and counts it. */
  pass(): boolean {
    if (this.#period === 0) return true;
    const now = performance.now();
    if (this.#delayAt(now) > 0) return false;
    this.#paidUntil = Math.max(this.#paidUntil, now) + this.#period;
    return true;
  }

  #delayAt(now: number): number {
    return Math.max(0, this.#paidUntil + this.#period - saved - now);
  }
}
