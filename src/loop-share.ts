const share = 0.2; // of the event loop's time
const burst = 5; // milliseconds without a pause
const mostDebt = 20; // milliseconds: a longer time means that the process was suspended

/**
 * Limits one kind of work to a fifth of the event loop's time, and to 5 ms without a pause.
 *
 * @example
 * ```ts
 * const share = new LoopShare();
 * for await (const chunk of endless) {
 *   share.begin();
 *   for (const line of chunk) {
 *     read(line);
 *     if (share.isSpent) await share.rest();
 *   }
 *   share.end();
 * }
 * ```
 */
export class LoopShare {
  #credit = burst; // milliseconds, at `#since`
  #since = performance.now();

  /** Notes that the work begins or continues. */
  begin(): void {
    const now = performance.now();
    this.#credit = Math.min(burst, this.#credit + (now - this.#since) * share);
    this.#since = now;
  }

  /** Whether it is time to {@link rest}. */
  get isSpent(): boolean {
    return performance.now() - this.#since >= this.#credit;
  }

  /** Notes that the work pauses. */
  end(): void {
    const now = performance.now();
    this.#credit = Math.max(-mostDebt, this.#credit - (now - this.#since));
    this.#since = now;
  }

  /** Pauses the work until it has time again. The caller awaits the result before it continues. */
  async rest(): Promise<void> {
    this.end();
    await new Promise((resolve) => setTimeout(resolve, (burst - this.#credit) / share));
    this.begin();
  }
}
