const maxAddresses = 1000;
const maxWaiting = 64; // responses
const maxWaitingOfOne = 8; // responses to one address
const free = 10; // failures before the first delay
const step = 20; // milliseconds for each further one
const maxDelay = 1000; // milliseconds
const memory = 60_000; // milliseconds without a failure after which an address starts anew

/** The failures of an address. */
interface Failures {
  count: number;
  /** Milliseconds of `performance.now()`. */
  last: number;
  /** Responses that wait. */
  waiting: number;
}

/**
 * Slows down who guesses tokens: the answers to wrong ones from an address come later and later, up to a second.
 *
 * Who has the right token never waits, whatever others of the same address (behind one proxy, say) have tried. Bound: the
 * last 1,000 addresses, an IPv6 network of 64 bits counting as one. Eight responses to an address wait, and 64 in total;
 * others come at once, because a response that waits also holds a connection.
 */
export class FailureDelay {
  readonly #failures = new Map<string, Failures>();
  #waiting = 0;

  /** Counts a failure of an address; settles when it may be answered. */
  async wait(remote: string): Promise<void> {
    const failures = this.#count(networkOf(remote));
    const delay = Math.min(maxDelay, step * (failures.count - free));
    if (delay <= 0 || this.#waiting >= maxWaiting || failures.waiting >= maxWaitingOfOne) return;
    this.#waiting++;
    failures.waiting++;
    await new Promise((resolve) => setTimeout(resolve, delay));
    failures.waiting--;
    this.#waiting--;
  }

  #count(network: string): Failures {
    const now = performance.now();
    const failures = this.#failures.get(network) ?? { count: 0, last: now, waiting: 0 };
    failures.count = now - failures.last < memory ? failures.count + 1 : 1;
    failures.last = now;
    this.#failures.delete(network);
    this.#failures.set(network, failures); // at the end, so that it is forgotten last
    for (const oldest of this.#failures.keys()) {
      if (this.#failures.size <= maxAddresses) break;
      this.#failures.delete(oldest);
    }
    return failures;
  }
}

/** Returns an address, or of an IPv6 address the network, whose other addresses one client may have too. */
function networkOf(remote: string): string {
  if (!remote.includes(":") || remote.includes(".")) return remote;
  const [start = ""] = remote.split("::");
  return start.split(":").slice(0, 4).join(":");
}
