import type { Logger } from "../log.ts";
import { throttle } from "../throttle.ts";

const maxAddresses = 1000;

/** Logs failed authentication, at most one line a second per address. Remembers the last 1,000 addresses. */
export class FailureLog {
  readonly #log: Logger;
  readonly #reporters = new Map<string, (path: string) => void>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Records a failed request. `path` must not include the query, which may contain secrets. */
  record(remote: string, path: string): void {
    const report =
      this.#reporters.get(remote) ?? throttle((path: string, omitted) => this.#warn(remote, { path, omitted }));
    this.#reporters.delete(remote);
    this.#reporters.set(remote, report); // moves it to the end, so that it is dropped last
    for (const oldest of this.#reporters.keys()) {
      if (this.#reporters.size <= maxAddresses) break;
      this.#reporters.delete(oldest);
    }
    report(path);
  }

  #warn(remote: string, { path, omitted }: { readonly path: string; readonly omitted: number }): void {
    const more = omitted > 0 ? `; ${omitted} more since the last message` : "";
    this.#log.warn("Request from {remote} for {path} refused: wrong or expired token{more}", { remote, path, more });
  }
}
