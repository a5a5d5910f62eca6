/**
 * Yields the number of each time slot as it begins: slot n begins n / fps seconds after slot 0, without drift.
 *
 * Never early, and never two for one slot. A consumer that is late is given the slot it is in by then; the ones it
 * missed are skipped. Slot 0 comes at once. Measured on the monotonic clock; ends when the consumer returns.
 */
export async function* slots(fps: number): AsyncGenerator<number, never, void> {
  const start = performance.now();
  // A hair is added because n / fps * fps may come out just below n.
  const current = () => Math.floor(((performance.now() - start) * fps) / 1000 + 1e-6);
  for (let slot = 0; ; slot = Math.max(slot + 1, current())) {
    // A timer may fire up to a millisecond early.
    while (current() < slot) {
      const wait = start + (slot * 1000) / fps - performance.now();
      await new Promise((resolve) => setTimeout(resolve, Math.ceil(wait)));
    }
    slot = current();
    yield slot;
  }
}
