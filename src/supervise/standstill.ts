const tolerance = 500; // milliseconds by which a timer may be late on a busy machine

/**
 * Returns true if a timer due at this time, in milliseconds of `performance.now()`, is so late that this process must have
 * been suspended (SIGSTOP, or a machine that slept). Then a lack of data in that time does not count.
 */
export function stoodStill(due: number): boolean {
  return performance.now() - due > tolerance;
}
