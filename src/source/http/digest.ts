import { createHash, randomBytes } from "node:crypto";
import type { Challenge } from "./challenge.ts";

const hashes = new Map([
  ["md5", "md5"],
  ["sha-256", "sha256"],
  ["sha-512-256", "sha512-256"],
]);

/** A user name and a password. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Request for which {@link answerDigest} answers a challenge. */
export interface DigestRequest extends Credentials {
  readonly method: string;
  /** Target of the request line, with its query. */
  readonly uri: string;
  /** Number of requests with the nonce of this challenge, including this one. */
  readonly count: number;
  /** Nonce of the client. @default random */
  readonly cnonce?: string | undefined;
}

/** Ranks the hash of a Digest challenge, higher for stronger; 0 if it is unsupported. */
export function strength({ scheme, parameters }: Challenge): number {
  if (scheme !== "digest" || !parameters.has("nonce")) return 0;
  return [...hashes.keys()].indexOf(baseOf(parameters.get("algorithm"))) + 1;
}

/**
 * Returns the value of an `Authorization` field that answers a Digest challenge.
 *
 * Source: RFC 7616, and RFC 2069 for challenges without `qop`.
 */
export function answerDigest({ parameters }: Challenge, request: DigestRequest): string {
  const { user, password, method, uri, count, cnonce = randomBytes(16).toString("hex") } = request;
  const realm = parameters.get("realm") ?? "";
  const nonce = parameters.get("nonce") ?? "";
  const algorithm = parameters.get("algorithm");
  const offered =
    parameters
      .get("qop")
      ?.toLowerCase()
      .split(/[\s,]+/)
      .filter(Boolean) ?? [];
  const qop =
    offered.length === 0 ? undefined : offered.includes("auth-int") && !offered.includes("auth") ? "auth-int" : "auth";
  const nc = count.toString(16).padStart(8, "0");
  const name = hashes.get(baseOf(algorithm)) ?? "md5";
  const hash = (text: string) => createHash(name).update(text).digest("hex");

  const login = hash(`${user}:${realm}:${password}`);
  const secret = algorithm?.toLowerCase().endsWith("-sess") ? hash(`${login}:${nonce}:${cnonce}`) : login;
  const asked = hash(qop === "auth-int" ? `${method}:${uri}:${hash("")}` : `${method}:${uri}`);
  const response = hash(qop ? `${secret}:${nonce}:${nc}:${cnonce}:${qop}:${asked}` : `${secret}:${nonce}:${asked}`);

  const opaque = parameters.get("opaque");
  const isSession = algorithm?.toLowerCase().endsWith("-sess") ?? false;
  return `Digest ${[
    `username=${quote(user)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(uri)}`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(qop === undefined ? [] : [`qop=${qop}`, `nc=${nc}`]),
    ...(qop === undefined && !isSession ? [] : [`cnonce=${quote(cnonce)}`]),
    `response=${quote(response)}`,
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
  ].join(", ")}`;
}

function baseOf(algorithm = "MD5"): string {
  return algorithm.toLowerCase().replace(/-sess$/, "");
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, "\\$&")}"`;
}
