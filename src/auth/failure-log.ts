import type { Logger } from "../log.ts";
import { throttle } from "../throttle.ts";

const maxKeys = 1000;

type Values = Readonly<Record<string, string>>;

/** Logs refused requests, at most one line a second for each key, such as an address. Remembers the last 1,000 keys. */
export class FailureLog {
  readonly #log: Logger;
  readonly #message: string;
  readonly #reporters = new Map<string, (values: Values) => void>();

  /** `message` has the names of the values in braces, and `{more}` where the number of omitted lines belongs. */
  constructor(log: Logger, message: string) {
    this.#log = log;
    this.#message = message;
  }

  /** Records a refused request. The values must not include its query, which may contain secrets. */
  record(key: string, values: Values): void {
    const report = this.#reporters.get(key) ?? throttle((values: Values, omitted) => this.#warn(values, omitted));
    this.#reporters.delete(key);
    this.#reporters.set(key, report); // moves it to the end, so that it is dropped last
    for (const oldest of this.#reporters.keys()) {
      if (this.#reporters.size <= maxKeys) break;
      this.#reporters.delete(oldest);
    }
    report(values);
  }

  #warn(values: Values, omitted: number): void {
    const more = omitted > 0 ? `; ${omitted} more since the last message` : "";
    this.#log.warn(this.#message, { ...values, more });
  }
}
