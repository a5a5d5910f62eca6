const tolerance = 500; // milliseconds by which a timer may be late on a busy machine

/**
 * Returns true if a timer that was due then, in milliseconds of `performance.now()`, comes so late that this process must
 * have stood still (SIGSTOP, a machine that was suspended): what it did not hear of meanwhile is no silence.
 */
export function stoodStill(due: number): boolean {
  return performance.now() - due > tolerance;
}
