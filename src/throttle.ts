/** Passes on what comes at most once in `period` milliseconds, with how many were left out since the last one. */
export function throttle<T>(tell: (value: T, leftOut: number) => void, period = 1000): (value: T) => void {
  let told = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (value) => {
    const now = performance.now();
    if (now - told < period) {
      leftOut++;
      return;
    }
    tell(value, leftOut);
    told = now;
    leftOut = 0;
  };
}
