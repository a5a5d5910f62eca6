import { base64url, digest, equal, hmac } from "./digest.ts";
import { type Right, rights } from "./grant.ts";

/** Claims of a signed URL; see {@link sign} for an example. */
export interface SignedUrlClaims {
  readonly camera: string;
  readonly right: Right;
  /** Expiry time, in seconds since the epoch. */
  readonly expires: number;
}

/**
 * Signs a URL query that gives one right to one camera until it expires.
 *
 * Returns `camera=front&expires=…&signature=…`, with `right=` unless the right is `view`. The signature is HMAC-SHA-256
 * over camera, right and expiry time, so that none of them can be changed.
 *
 * @example
 * ```ts
 * const expires = Math.round(Date.now() / 1000) + 3600;
 * const query = await sign(secret, { camera: "front", right: "view", expires });
 * const url = `https://cam.example.org/cameras/front/stream?${query}`;
 * ```
 */
export async function sign(secret: string, claims: SignedUrlClaims): Promise<string> {
  const { camera, right, expires } = claims;
  return new URLSearchParams({
    camera,
    ...(right === "view" ? {} : { right }),
    expires: String(expires),
    signature: await signature(secret, claims),
  }).toString();
}

/** Returns the claims of a signed query; undefined if the signature is wrong or has expired. */
export async function verify(secret: string, query: URLSearchParams): Promise<SignedUrlClaims | undefined> {
  const camera = query.get("camera") ?? "";
  const right = rights.find((known) => known === (query.get("right") ?? "view"));
  const expires = query.get("expires") ?? "";
  if (!right || !/^\d{1,12}$/.test(expires)) return undefined;
  const claims = { camera, right, expires: Number(expires) };
  const [actual, expected] = await Promise.all([
    digest(query.get("signature") ?? ""),
    signature(secret, claims).then((text) => digest(text)),
  ]);
  return equal(actual, expected) && claims.expires > Date.now() / 1000 ? claims : undefined;
}

async function signature(secret: string, { camera, right, expires }: SignedUrlClaims): Promise<string> {
  return base64url(await hmac(secret, `teecam URL\n${camera}\n${right}\n${expires}`)); // a camera name has no newline
}
