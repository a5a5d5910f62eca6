/** Options for {@link Demand}. */
export interface DemandOptions {
  /** Milliseconds for which demand lasts after the last release; with Infinity there always is demand. @default Infinity */
  readonly idleTimeout?: number | undefined;
}

/**
 * Counts the users of something supervised, which runs only while there is demand.
 *
 * Dispatches `acquire` at each {@link acquire}, and `idle` once there has been no user for `idleTimeout`.
 *
 * @example
 * ```ts
 * const demand = new Demand({ idleTimeout: 5000 });
 * const frames = supervise((signal) => open(signal), { demand });
 * const release = demand.acquire(); // starts a run
 * release(); // and 5 s later it ends
 * ```
 */
export class Demand extends EventTarget {
  /** Milliseconds for which demand lasts after the last release. */
  readonly idleTimeout: number;
  #size = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Throws a `RangeError` if `idleTimeout` is below 0. */
  constructor({ idleTimeout = Number.POSITIVE_INFINITY }: DemandOptions = {}) {
    super();
    if (!(idleTimeout >= 0)) throw new RangeError(`Cannot set idleTimeout to ${idleTimeout} ms: it must be 0 or more`);
    this.idleTimeout = idleTimeout;
  }

  /** Number of current users. */
  get size(): number {
    return this.#size;
  }

  /** True while there is a user, or was one within `idleTimeout`. */
  get wanted(): boolean {
    return this.#size > 0 || this.#timer !== undefined || this.idleTimeout === Number.POSITIVE_INFINITY;
  }

  /** Adds a user. Returns the function that removes it; calling that again does nothing. */
  acquire(): () => void {
    this.#size++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.dispatchEvent(new Event("acquire"));
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#size--;
      if (this.#size === 0) this.#startTimer();
    };
  }

  /** Stops the idle timer for good, without dispatching `idle`. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #startTimer(): void {
    if (this.#closed || this.idleTimeout === Number.POSITIVE_INFINITY) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.dispatchEvent(new Event("idle"));
    }, this.idleTimeout);
  }
}
