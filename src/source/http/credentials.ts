import { type Challenge, parseChallenges } from "./challenge.ts";
import { answerDigest, type Credentials, strength } from "./digest.ts";

/** Takes user name and password out of a URL, decoded; undefined if it has none. The URL's spelling must be valid. */
export function credentialsOf({ username, password }: URL): Credentials | undefined {
  if (username === "" && password === "") return undefined;
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

/**
 * Logs in where a server asks for it: answers Digest with the best hash that is offered, and Basic where Digest is not.
 *
 * Nothing is sent before a server has asked, so that a server that wants Digest never sees the password. From then on
 * every request has the answer to the last challenge.
 */
export class Login {
  readonly #credentials: Credentials;
  #challenge: Challenge | undefined;
  #count = 0;
  /** The present challenge's answer has been good at least once. */
  #accepted = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** Returns the value of the `Authorization` field; undefined before the server has asked. */
  authorize(method: string, uri: string): string | undefined {
    if (this.#challenge?.scheme === "digest") {
      this.#count++;
      return answerDigest(this.#challenge, { ...this.#credentials, method, uri, count: this.#count });
    }
    if (!this.#challenge) return undefined;
    const { user, password } = this.#credentials;
    return `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)))}`;
  }

  /** Takes note that the server has let us in. */
  accept(): void {
    this.#accepted = true;
  }

  /**
   * Takes the challenges of a 401, and returns true if it makes sense to ask again: nothing was sent yet, or the nonce has
   * expired. A wrong password is sent once only, so that the server locks nobody out.
   */
  challenge(values: readonly string[]): boolean {
    const best = chooseChallenge(values);
    const isFirst = this.#challenge === undefined;
    const isStale = best?.parameters.get("stale")?.toLowerCase() === "true";
    const isForgotten = this.#accepted && best?.parameters.get("nonce") !== this.#challenge?.parameters.get("nonce");
    this.#accepted = false;
    if (!best || !(isFirst || isStale || isForgotten)) {
      this.#challenge = undefined; // the next attempt begins anew
      return false;
    }
    this.#challenge = best;
    this.#count = 0;
    return true;
  }
}

/** Returns the challenge to answer: without any, Basic is what a server must mean. Undefined if none can be answered. */
function chooseChallenge(values: readonly string[]): Challenge | undefined {
  const offered = parseChallenges(values);
  const [best] = offered.filter((one) => strength(one) > 0).sort((a, b) => strength(b) - strength(a));
  if (best) return best;
  if (offered.length === 0) return { scheme: "basic", parameters: new Map() };
  return offered.find((one) => one.scheme === "basic");
}

/** Names the ways in that a server offers: `Digest, Basic`. */
export function describeChallenges(values: readonly string[]): string {
  const names = parseChallenges(values).map(({ scheme }) => scheme.charAt(0).toUpperCase() + scheme.slice(1));
  return [...new Set(names)].join(", ").slice(0, 80);
}
