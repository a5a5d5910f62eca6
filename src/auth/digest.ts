const encoder = new TextEncoder();

/** A digest of 32 bytes. */
export type Digest = Uint8Array<ArrayBuffer>;

/** SHA-256 of a text. */
export async function digest(text: string): Promise<Digest> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** HMAC-SHA-256 of a text (RFC 2104). */
export async function mac(secret: string, text: string): Promise<Digest> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}

/** Whether two digests are equal; how long it takes does not tell where they differ. */
export function equal(one: Digest, other: Digest): boolean {
  let difference = one.length ^ other.length;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}

/** Bytes in the letters of URLs and cookies (RFC 4648, section 5, without padding). */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** A token that nobody guesses: 192 random bits. */
export function randomToken(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(24)));
}
