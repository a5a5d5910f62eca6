import type { Logger } from "../log.ts";

const period = 1000; // milliseconds
const mostAddresses = 1000;

/** Logs failed attempts, at most one line a second for each address. Bound: the last 1,000 addresses. */
export class Attempts {
  readonly #log: Logger;
  readonly #last = new Map<string, { at: number; silent: number }>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** One more has failed; `path` is without its query, where secrets may be. */
  failed(remote: string, path: string): void {
    const now = performance.now();
    const last = this.#last.get(remote);
    if (last && now - last.at < period) {
      last.silent++;
      return;
    }
    this.#last.delete(remote);
    this.#last.set(remote, { at: now, silent: 0 });
    for (const oldest of this.#last.keys()) {
      if (this.#last.size <= mostAddresses) break;
      this.#last.delete(oldest);
    }
    const more = last && last.silent > 0 ? `, as were ${last.silent} before it` : "";
    this.#log.warn("A request of {remote} for {path} was refused: wrong or expired token{more}", {
      remote,
      path,
      more,
    });
  }
}
