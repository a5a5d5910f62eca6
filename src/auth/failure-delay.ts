const maxAddresses = 1000;
const maxWaiting = 500; // answers
const free = 10; // failures before the first delay
const step = 20; // milliseconds for each further one
const maxDelay = 1000; // milliseconds
const memory = 60_000; // milliseconds without a failure after which an address starts anew

/** The failures of an address. */
interface Failures {
  count: number;
  /** Milliseconds of `performance.now()`. */
  last: number;
}

/**
 * Slows down who guesses tokens: the answers to wrong ones from an address come later and later, up to a second.
 *
 * Who has the right token never waits, whatever others of the same address (behind one proxy, say) have tried. Bound: the
 * last 1,000 addresses, an IPv6 network of 64 bits counting as one, and 500 answers that wait; others come at once.
 */
export class FailureDelay {
  readonly #failures = new Map<string, Failures>();
  #waiting = 0;

  /** Counts a failure of an address; settles when it may be answered. */
  async wait(remote: string): Promise<void> {
    const delay = this.#count(networkOf(remote));
    if (delay <= 0 || this.#waiting >= maxWaiting) return;
    this.#waiting++;
    await new Promise((resolve) => setTimeout(resolve, delay));
    this.#waiting--;
  }

  #count(network: string): number {
    const now = performance.now();
    const known = this.#failures.get(network);
    const count = known && now - known.last < memory ? known.count + 1 : 1;
    this.#failures.delete(network);
    this.#failures.set(network, { count, last: now }); // at the end, so that it is forgotten last
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= maxAddresses) break;
      this.#failures.delete(oldest);
    }
    return Math.min(maxDelay, step * (count - free));
  }
}

/** Returns an address, or of an IPv6 address the network, whose other addresses one client may have too. */
function networkOf(remote: string): string {
  if (!remote.includes(":") || remote.includes(".")) return remote;
  const [start = ""] = remote.split("::");
  return start.split(":").slice(0, 4).join(":");
}
