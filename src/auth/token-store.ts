import { base64url, type Digest, digest, equal, hmac } from "./digest.ts";
import { Grant, type Right, rights } from "./grant.ts";
import { type SignedUrlClaims, sign, verify } from "./signed-url.ts";

/**
 * Tokens that give access to an app. At least one is required.
 *
 * @example
 * ```ts
 * const auth: AuthOptions = {
 *   token: process.env.TEECAM_TOKEN,
 *   tokens: [{ name: "kiosk", token: kioskToken, cameras: ["front"], rights: ["view"] }],
 * };
 * const app = createApp({ cameras, auth });
 * ```
 */
export interface AuthOptions {
  /** Token with all rights to every camera. @default none */
  readonly token?: string | undefined;
  /** Tokens with fewer rights. @default none */
  readonly tokens?: readonly TokenOptions[] | undefined;
  /** Secret that signs URLs. @default `token`; without either, URLs cannot be signed */
  readonly secret?: string | undefined;
}

/** A token and its rights; see {@link AuthOptions} for an example. */
export interface TokenOptions {
  /** Name for people to read; not used otherwise. */
  readonly name?: string | undefined;
  /** At least 8 characters. */
  readonly token: string;
  /** @default every camera */
  readonly cameras?: readonly string[] | undefined;
  /** @default view */
  readonly rights?: readonly Right[] | undefined;
}

interface Entry {
  readonly grant: Grant;
  readonly token: Digest;
  readonly cookie: Digest;
}

/** Minimum characters of a token and of a secret. */
export const minTokenLength = 8;

/** Credentials of an app: tokens, the cookies they are exchanged for, and the secret that signs URLs. */
export class TokenStore {
  readonly #entries: Promise<readonly Entry[]>;
  readonly #secret: string | undefined;

  /** Throws a `TypeError` if there is no token, or if one or the secret has fewer than 8 characters. */
  constructor({ token, tokens = [], secret }: AuthOptions) {
    const all = [...(token === undefined ? [] : [{ token, rights }]), ...tokens];
    if (all.length === 0) throw new TypeError("Cannot require a token: none is configured; set token or tokens");
    if (all.some((options) => options.token.length < minTokenLength)) {
      throw new TypeError(`Cannot use token: fewer than ${minTokenLength} characters are easy to guess`);
    }
    if (secret !== undefined && secret.length < minTokenLength) {
      throw new TypeError(`Cannot use secret: fewer than ${minTokenLength} characters are easy to guess`);
    }
    this.#entries = Promise.all(all.map(createEntry));
    this.#secret = secret ?? token;
  }

  /** Returns the grant of a token; undefined if the token is wrong. Compares in constant time. */
  async grantForToken(token: string): Promise<Grant | undefined> {
    const actual = await digest(token);
    return (await this.#entries).filter((entry) => equal(entry.token, actual))[0]?.grant; // filter compares with all
  }

  /** Returns the grant of a cookie that {@link cookieOf} made; undefined if the cookie is wrong. */
  async grantForCookie(cookie: string): Promise<Grant | undefined> {
    const actual = await digest(cookie);
    return (await this.#entries).filter((entry) => equal(entry.cookie, actual))[0]?.grant;
  }

  /** Returns the grant of a signed query, one right to one camera; undefined if it is invalid or has expired. */
  async grantForQuery(query: URLSearchParams): Promise<Grant | undefined> {
    const claims = this.#secret === undefined ? undefined : await verify(this.#secret, query);
    if (!claims) return undefined;
    return new Grant({ cameras: [claims.camera], rights: [claims.right], expires: claims.expires * 1000 });
  }

  /** True if there is a secret or token to sign with. */
  get canSign(): boolean {
    return this.#secret !== undefined;
  }

  /** Returns a signed query for these claims. Throws a `TypeError` if there is neither a secret nor a token. */
  sign(claims: SignedUrlClaims): Promise<string> {
    if (this.#secret === undefined) throw new TypeError("Cannot sign URL: there is neither secret nor token; set one");
    return sign(this.#secret, claims);
  }
}

/** Derives a cookie from a token, which does not reveal the token to those who read the cookie. */
export async function cookieOf(token: string): Promise<string> {
  return base64url(await hmac(token, "teecam cookie"));
}

async function createEntry({ token, cameras, rights = ["view"] }: Omit<TokenOptions, "name">): Promise<Entry> {
  const cookie = await cookieOf(token);
  return { grant: new Grant({ cameras, rights }), token: await digest(token), cookie: await digest(cookie) };
}
