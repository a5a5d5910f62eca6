import { base64url, digest, equal, mac } from "./digest.ts";
import { type Right, rights } from "./grant.ts";

/** What a signed URL allows, and until when. */
export interface SignedUrlClaims {
  readonly camera: string;
  readonly right: Right;
  /** Seconds since the epoch. */
  readonly expires: number;
}

/**
 * Signs a permit: the query `camera=front&expires=…&signature=…` that opens this camera to whoever has it.
 *
 * The signature is HMAC-SHA-256 over camera, right and time, so that none of them can be changed. The right is left
 * out of the query when it is to view.
 */
export async function sign(secret: string, permit: SignedUrlClaims): Promise<string> {
  const { camera, right, expires } = permit;
  return new URLSearchParams({
    camera,
    ...(right === "view" ? {} : { right }),
    expires: String(expires),
    signature: await signature(secret, permit),
  }).toString();
}

/** Reads a signed query; undefined if it is not signed by this secret, or if its time is over. */
export async function verify(secret: string, query: URLSearchParams): Promise<SignedUrlClaims | undefined> {
  const camera = query.get("camera") ?? "";
  const right = rights.find((known) => known === (query.get("right") ?? "view"));
  const expires = query.get("expires") ?? "";
  if (!right || !/^\d{1,12}$/.test(expires)) return undefined;
  const permit = { camera, right, expires: Number(expires) };
  const [given, due] = await Promise.all([
    digest(query.get("signature") ?? ""),
    signature(secret, permit).then((text) => digest(text)),
  ]);
  return equal(given, due) && permit.expires > Date.now() / 1000 ? permit : undefined;
}

async function signature(secret: string, { camera, right, expires }: SignedUrlClaims): Promise<string> {
  return base64url(await mac(secret, `teecam URL\n${camera}\n${right}\n${expires}`)); // no name of a camera has a newline
}
