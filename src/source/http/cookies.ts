const maxCookies = 16;
const maxSize = 4096; // bytes of one cookie

/** A cookie as it is sent back. */
interface Cookie {
  readonly value: string;
  /** It may be sent over HTTPS only. */
  readonly isSecure: boolean;
}

/**
 * Cookies of one host, by which some cameras recognize a session. Source: RFC 6265, without domains, paths and dates.
 *
 * Bound: 16 cookies of 4 KiB; the oldest are dropped.
 */
export class Cookies {
  readonly #cookies = new Map<string, Cookie>();

  /** Stores the values of the `Set-Cookie` fields of a response. */
  store(values: readonly string[] = []): void {
    for (const value of values) {
      const [, name = "", content = "", attributes = ""] = /^\s*([^=;\s]+)\s*=\s*([^;]*?)\s*(;.*)?$/.exec(value) ?? [];
      if (name === "" || value.length > maxSize || /[^\x20-\x7e]/.test(name + content)) continue;
      this.#cookies.delete(name); // so that it is the newest
      if (/;\s*max-age\s*=\s*(?:0|-\d+)\s*(?:;|$)/i.test(attributes)) continue;
      this.#cookies.set(name, { value: content, isSecure: /;\s*secure\s*(?:;|$)/i.test(attributes) });
      const [oldest = ""] = this.#cookies.keys();
      if (this.#cookies.size > maxCookies) this.#cookies.delete(oldest);
    }
  }

  /** Returns the value of the `Cookie` field of a request; undefined if there is nothing to send. */
  header(protocol: string): string | undefined {
    const sent = [...this.#cookies].filter(([, { isSecure }]) => !isSecure || protocol === "https:");
    return sent.length === 0 ? undefined : sent.map(([name, { value }]) => `${name}=${value}`).join("; ");
  }
}
