/**
 * Returns a function that calls `listener` at most once in `period` milliseconds, with the value and the number of values
 * that were skipped since the last call.
 */
export function throttle<T>(listener: (value: T, skipped: number) => void, period = 1000): (value: T) => void {
  let lastCall = Number.NEGATIVE_INFINITY;
  let skipped = 0;
  return (value) => {
    const now = performance.now();
    if (now - lastCall < period) {
      skipped++;
      return;
    }
    listener(value, skipped);
    lastCall = now;
    skipped = 0;
  };
}
