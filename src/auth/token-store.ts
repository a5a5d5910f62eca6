import { base64url, type Digest, digest, equal, mac } from "./digest.ts";
import { Grant, type Right, rights } from "./grant.ts";
import { type SignedUrlClaims, sign, verify } from "./signed-url.ts";

/** Who may look. */
export interface AuthOptions {
  /** Opens everything. @default none */
  readonly token?: string | undefined;
  /** Tokens that open less. @default none */
  readonly tokens?: readonly TokenOptions[] | undefined;
  /** Signs URLs. @default one made from `token`; without both no URL can be signed */
  readonly secret?: string | undefined;
}

/** A token, and what it opens. */
export interface TokenOptions {
  /** For people. */
  readonly name?: string | undefined;
  readonly token: string;
  /** @default every camera */
  readonly cameras?: readonly string[] | undefined;
  /** @default view */
  readonly rights?: readonly Right[] | undefined;
}

interface Key {
  readonly grant: Grant;
  readonly token: Digest;
  readonly cookie: Digest;
}

const minTokenLength = 8;

/** The keys that open an app: tokens, the cookies they are exchanged for, and the secret that signs URLs. */
export class TokenStore {
  readonly #keys: Promise<readonly Key[]>;
  readonly #secret: string | undefined;

  /** Throws a `TypeError` if there is no token, or one that is easily guessed. */
  constructor({ token, tokens = [], secret }: AuthOptions) {
    const all = [...(token === undefined ? [] : [{ token, rights }]), ...tokens];
    if (all.length === 0) throw new TypeError("Cannot ask for a token: none is given");
    if (all.some((one) => one.token.length < minTokenLength)) {
      throw new TypeError(`Cannot use a token: it has fewer than ${minTokenLength} letters, and is easily guessed`);
    }
    this.#keys = Promise.all(all.map(makeKey));
    this.#secret = secret ?? token;
  }

  /** What a token opens; undefined if it is none of ours. */
  async grantForToken(token: string): Promise<Grant | undefined> {
    const given = await digest(token);
    return (await this.#keys).filter((key) => equal(key.token, given))[0]?.grant; // all are looked at, whichever fits
  }

  /** What a cookie opens that {@link cookieOf} made. */
  async grantForCookie(cookie: string): Promise<Grant | undefined> {
    const given = await digest(cookie);
    return (await this.#keys).filter((key) => equal(key.cookie, given))[0]?.grant;
  }

  /** What a signed query opens: one right to one camera. */
  async grantForQuery(query: URLSearchParams): Promise<Grant | undefined> {
    const permit = this.#secret === undefined ? undefined : await verify(this.#secret, query);
    return permit && new Grant({ cameras: [permit.camera], rights: [permit.right] });
  }

  /** A query that opens one camera for a while. Throws a `TypeError` where there is nothing to sign with. */
  sign(permit: SignedUrlClaims): Promise<string> {
    if (this.#secret === undefined) throw new TypeError("Cannot sign: the configuration has neither secret nor token");
    return sign(this.#secret, permit);
  }
}

/** What stands for a token in a browser: whoever reads it there does not learn the token. */
export async function cookieOf(token: string): Promise<string> {
  return base64url(await mac(token, "teecam cookie"));
}

async function makeKey({ token, cameras, rights = ["view"] }: Omit<TokenOptions, "name">): Promise<Key> {
  const cookie = await cookieOf(token);
  return { grant: new Grant({ cameras, rights }), token: await digest(token), cookie: await digest(cookie) };
}
