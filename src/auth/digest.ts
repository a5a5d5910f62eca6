const encoder = new TextEncoder();

/** A 32-byte digest. */
export type Digest = Uint8Array<ArrayBuffer>;

/** Returns the SHA-256 of a text in UTF-8. */
export async function digest(text: string): Promise<Digest> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(text)));
}

/** Returns the HMAC-SHA-256 of a text in UTF-8 (RFC 2104). */
export async function hmac(secret: string, text: string): Promise<Digest> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}

/** Compares two digests in constant time. */
export function equal(a: Digest, b: Digest): boolean {
  let difference = a.length ^ b.length;
  for (const [index, byte] of a.entries()) difference |= byte ^ (b[index] ?? 0);
  return difference === 0;
}

/** Encodes bytes as base64url without padding (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Returns a random token of 192 bits. */
export function randomToken(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(24)));
}
