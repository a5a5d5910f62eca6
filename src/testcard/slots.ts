/**
 * Yields the number of each time slot as it begins: slot n begins n / fps seconds after slot 0, without drift.
 *
 * Never yields early, nor twice in one slot. A late consumer gets the current slot, and misses those in between. Slot 0
 * begins at once. Uses the monotonic clock. Ends when the consumer returns.
 */
export async function* slots(fps: number): AsyncGenerator<number, never, void> {
  const start = performance.now();
  // Adds a little, because n / fps * fps may be just below n.
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
