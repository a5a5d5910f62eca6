import { type Challenge, parseChallenges } from "./challenge.ts";
import { answerDigest, type Credentials, strength } from "./digest.ts";

/** Returns the decoded user name and password of a URL, or undefined. Throws a `URIError` for an invalid `%`. */
export function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === "" && password === "") return undefined;
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * State of authentication at one server: answers Digest with the strongest hash offered, or else Basic.
 *
 * Nothing is sent before the server's first challenge, so that a server that uses Digest never receives the password.
 * After that, every request answers the latest challenge.
 */
export class Login {
  readonly #credentials: Credentials;
  #challenge: Challenge | undefined;
  #count = 0;
  /** The server has accepted the answer to the current challenge. */
  #accepted = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Returns the value of the `Authorization` field; undefined before the first challenge. */
  authorize(method: string, uri: string): string | undefined {
    if (this.#challenge?.scheme === "digest") {
      this.#count++;
      return answerDigest(this.#challenge, { ...this.#credentials, method, uri, count: this.#count });
    }
    if (!this.#challenge) return undefined;
    const { user, password } = this.#credentials;
    return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;
  }

  /** Notes that the server has accepted the credentials. */
  accept(): void {
    this.#accepted = true;
  }

  /**
   * Accepts the challenges of a 401, and returns true if the request should be repeated: nothing was sent yet, the nonce
   * has expired, or the credentials have been accepted before. A wrong password is sent only once, so that the server does
   * not lock the account.
   */
  challenge(values: readonly string[]): boolean {
    const best = chooseChallenge(values);
    const isFirst = this.#challenge === undefined;
    const isStale = best?.parameters.get("stale")?.toLowerCase() === "true";
    const isForgotten = this.#accepted;
    const isSameNonce = best?.parameters.get("nonce") === this.#challenge?.parameters.get("nonce");
    this.#accepted = false;
    if (!best || !(isFirst || isStale || isForgotten)) {
      this.#challenge = undefined; // the next attempt begins anew
      return false;
    }
    this.#challenge = best;
    if (!isSameNonce) this.#count = 0;
    return true;
  }
}

/** Returns the strongest supported challenge, or Basic if there are none at all; undefined if none is supported. */
function chooseChallenge(values: readonly string[]): Challenge | undefined {
  const offered = parseChallenges(values);
  const [best] = offered.filter((one) => strength(one) > 0).sort((a, b) => strength(b) - strength(a));
  if (best) return best;
  if (offered.length === 0) return { scheme: "basic", parameters: new Map() };
  return offered.find((one) => one.scheme === "basic");
}

/** Lists the authentication schemes that a server offers: `Digest, Basic`. */
export function describeChallenges(values: readonly string[]): string {
  const names = parseChallenges(values).map(({ scheme }) => scheme.charAt(0).toUpperCase() + scheme.slice(1));
  return [...new Set(names)].join(", ").slice(0, 80);
}
