import type { Logger } from "../log.ts";
import { throttle } from "../throttle.ts";

const maxAddresses = 1000;

/** Logs failed attempts, at most one line a second for each address. Bound: the last 1,000 addresses. */
export class FailureLog {
  readonly #log: Logger;
  readonly #tell = new Map<string, (path: string) => void>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** One more has failed; `path` is without its query, where secrets may be. */
  failed(remote: string, path: string): void {
    const tell = this.#tell.get(remote) ?? throttle((path: string, leftOut) => this.#warn(remote, { path, leftOut }));
    this.#tell.delete(remote);
    this.#tell.set(remote, tell); // the last to go
    for (const oldest of this.#tell.keys()) {
      if (this.#tell.size <= maxAddresses) break;
      this.#tell.delete(oldest);
    }
    tell(path);
  }

  #warn(remote: string, { path, leftOut }: { readonly path: string; readonly leftOut: number }): void {
    const more = leftOut > 0 ? `, as were ${leftOut} before it` : "";
    this.#log.warn("A request of {remote} for {path} was refused: wrong or expired token{more}", {
      remote,
      path,
      more,
    });
  }
}
