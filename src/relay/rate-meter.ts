const window = 2000; // milliseconds

/** Tells how often something happened lately, over about two seconds or, when it is rarer, between the last two times. */
export class RateMeter {
  readonly #times: number[] = [];

  /** It happened; `now` in milliseconds on the clock of `performance.now()`. */
  count(now: number = performance.now()): void {
    const times = this.#times;
    times.push(now);
    while (times.length > 2 && now - (times[0] ?? now) > window) times.shift();
  }

  /** Times a second; it sinks when the next time is overdue. */
  rate(now: number = performance.now()): number {
    const [first, last] = [this.#times[0], this.#times.at(-1)];
    if (first === undefined || last === undefined || last === first) return 0;
    const intervals = this.#times.length - 1;
    const overdue = now - last > (2 * (last - first)) / intervals;
    return (intervals * 1000) / ((overdue ? now : last) - first);
  }
}
