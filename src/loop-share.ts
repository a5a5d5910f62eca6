const share = 0.2; // of the event loop's time
const burst = 5; // milliseconds at a stretch
const mostDebt = 20; // milliseconds: what took longer was not the work, but a process that stood still

/**
 * Keeps one kind of work within a fifth of the event loop's time, and within 5 ms at a stretch, however much there is to do.
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

  /** Begins to work, or goes on with it. */
  begin(): void {
    const now = performance.now();
    this.#credit = Math.min(burst, this.#credit + (now - this.#since) * share);
    this.#since = now;
  }

  /** Whether it is time to {@link rest}. */
  get isSpent(): boolean {
    return performance.now() - this.#since >= this.#credit;
  }

  /** Stops working. */
  end(): void {
    const now = performance.now();
    this.#credit = Math.max(-mostDebt, this.#credit - (now - this.#since));
    this.#since = now;
  }

  /** Stops working, and begins again when others have had their time. */
  async rest(): Promise<void> {
    this.end();
    await new Promise((resolve) => setTimeout(resolve, (burst - this.#credit) / share));
    this.begin();
  }
}
