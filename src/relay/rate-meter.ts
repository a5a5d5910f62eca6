const window = 2000; // milliseconds

/** Measures the rate of an event over about two seconds or, for a rarer event, between its last two times. */
export class RateMeter {
  readonly #times: number[] = [];

  /** Counts one event at `now`, in milliseconds of `performance.now()`. */
  count(now: number = performance.now()): void {
    const times = this.#times;
    times.push(now);
    while (times.length > 2 && now - (times[0] ?? now) > window) times.shift();
  }

  /** Returns events per second; decreases while the next event is overdue. */
  rate(now: number = performance.now()): number {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined || last === first) return 0;
    const intervals = this.#times.length - 1;
    const overdue = now - last > (2 * (last - first)) / intervals;
    return (intervals * 1000) / ((overdue ? now : last) - first);
  }
}
