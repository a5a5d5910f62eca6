/** How a {@link Demand} is to count. */
export interface DemandOptions {
  /** Milliseconds for which something is still wanted when the last one has left; with Infinity it always is. @default Infinity */
  readonly idleTimeout?: number | undefined;
}

/**
 * Counts those who want what is supervised, so that it runs while there is somebody, and at once when somebody comes.
 *
 * Dispatches `acquire` whenever one comes, and `idle` when nobody has wanted it for as long as it lingers.
 */
export class Demand extends EventTarget {
  /** Milliseconds for which something is still wanted when the last one has left. */
  readonly idleTimeout: number;
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Throws a `RangeError` for a time below zero. */
  constructor({ idleTimeout = Number.POSITIVE_INFINITY }: DemandOptions = {}) {
    super();
    if (!(idleTimeout >= 0)) throw new RangeError(`Cannot linger for ${idleTimeout} ms: it is 0 or more`);
    this.idleTimeout = idleTimeout;
  }

  /** How many want it now. */
  get size(): number {
    return this.#size;
  }

  /** Whether it is to run: somebody wants it, or has wanted it a moment ago. */
  get wanted(): boolean {
    return this.#size > 0 || this.#timer !== undefined || this.idleTimeout === Number.POSITIVE_INFINITY;
  }

  /** One more wants it, until what this gives is called; a second call does nothing. */
  acquire(): () => void {
    this.#size++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.dispatchEvent(new Event("acquire"));
    let here = true;
    return () => {
      if (!here) return;
      here = false;
      this.#size--;
      if (this.#size === 0) this.#emptied();
    };
  }

  /** Ends the lingering without a word, and for good, so that no timer is left. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #emptied(): void {
    if (this.#closed || this.idleTimeout === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.dispatchEvent(new Event("idle"));
    }, this.idleTimeout);
  }
}
