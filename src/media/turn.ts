/** Milliseconds of work after which everybody else gets a turn of the event loop. */
const share = 4;

/**
 * Shares the event loop: tells when work that always finds more to do has gone on for too long.
 *
 * Streams hand chunks on in microtasks, so a source that is never short of data would keep out timers and sockets. A
 * timer notes when the loop has come round, which also happens whenever a source has to wait for its data: then
 * there is nothing to yield.
 */
export class Turn {
  #begun = 0;
  #next: Promise<void> | undefined;

  /** Notes that work goes on, at `now` in milliseconds of `performance.now()`. */
  begin(now: number): void {
    if (this.#next) return;
    this.#begun = now;
    this.#next = new Promise((resolve) => {
      setTimeout(() => {
        this.#next = undefined;
        resolve();
      }, 0);
    });
  }

  /** Settles with the next turn of the event loop; undefined while this one may go on. */
  over(): Promise<void> | undefined {
    return performance.now() - this.#begun > share ? this.#next : undefined;
  }
}
