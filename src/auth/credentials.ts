import { Buffer } from "node:buffer";
import type { Context } from "hono";
import { readCookie } from "./cookie.ts";
import type { Grant } from "./grant.ts";
import type { TokenStore } from "./token-store.ts";

/** The credentials of a request. */
export interface Credentials {
  /** Rights that they give; undefined if there are none, or they are wrong or have expired. */
  readonly grant: Grant | undefined;
  /** True if there are any. */
  readonly present: boolean;
}

/**
 * Returns what the credentials of a request give: a bearer token (RFC 6750), a password (RFC 7617), a signed query or a
 * cookie, whichever is found first. Only a signed query that is invalid gives way to the cookie.
 */
export async function readCredentials(context: Context, tokens: TokenStore): Promise<Credentials> {
  const token = tokenOf(context);
  if (token !== undefined) return { grant: await tokens.grantForToken(token), present: true };
  const query = new URL(context.req.url).searchParams;
  const cookie = readCookie(context);
  const grant =
    (query.has("signature") ? await tokens.grantForQuery(query) : undefined) ??
    (cookie === undefined ? undefined : await tokens.grantForCookie(cookie));
  return { grant, present: query.has("signature") || cookie !== undefined };
}

/** Returns true if a request has credentials, right or wrong, also in the form of `?token=`. */
export function hasCredentials(context: Context): boolean {
  const { signature, token } = context.req.query();
  return [tokenOf(context), readCookie(context), signature, token].some((one) => one !== undefined);
}

/**
 * Returns the token in `Authorization`. As a password it may have any user name; without a password, the user name is it, as
 * in `curl -u TOKEN:`.
 */
function tokenOf(context: Context): string | undefined {
  const [, scheme, value = ""] = /^(bearer|basic) +(\S+) *$/i.exec(context.req.header("authorization") ?? "") ?? [];
  if (scheme === undefined || scheme.toLowerCase() === "bearer") return scheme && value;
  const text = Buffer.from(value, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? text : text.slice(colon + 1) || text.slice(0, colon);
}
