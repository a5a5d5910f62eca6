import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const maxAge = 30 * 24 * 3600; // seconds

/** Returns the value of the cookie that {@link writeCookie} set; undefined if the request has none. */
export function readCookie(context: Context): string | undefined {
  return getCookie(context, name(context));
}

/**
 * Sets a cookie for 30 days on `path` and below, which scripts cannot read and other sites cannot send (RFC 6265).
 *
 * Without a path the browser takes the folder of the address that it asked for, which is right wherever a proxy or another
 * app has put this one.
 */
export function writeCookie(context: Context, value: string, path: string | undefined): void {
  const secure = isHttps(context);
  setCookie(context, name(context), value, { path, secure, httpOnly: true, sameSite: "Strict", maxAge });
}

/** Returns a cookie name with the port in it, because browsers send the cookies of one port to all others. */
function name(context: Context): string {
  return `teecam-${/:(\d+)$/.exec(context.req.header("host") ?? "")?.[1] ?? "default"}`;
}

/** Returns true for HTTPS, also behind a proxy that says so. A client that forges the header harms only its own cookie. */
function isHttps(context: Context): boolean {
  return new URL(context.req.url).protocol === "https:" || context.req.header("x-forwarded-proto") === "https";
}
