import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const lasts = 30 * 24 * 3600; // seconds

/** The cookie of a browser that has shown a token here; undefined if it has none. */
export function readCookie(context: Context): string | undefined {
  return getCookie(context, name(context));
}

/** Gives a browser a cookie for everything at and below `path`, which no script reads and no other site sends. */
export function giveCookie(context: Context, value: string, path: string): void {
  const secure = isHttps(context);
  setCookie(context, name(context), value, { path, secure, httpOnly: true, sameSite: "Strict", maxAge: lasts });
}

/** Browsers do not tell the cookies of one port from those of another. */
function name(context: Context): string {
  return `teecam-${/:(\d+)$/.exec(context.req.header("host") ?? "")?.[1] ?? "default"}`;
}

/** Also where a proxy has taken TLS off, as it says; whoever says so falsely only harms the cookie it gets. */
function isHttps(context: Context): boolean {
  return new URL(context.req.url).protocol === "https:" || context.req.header("x-forwarded-proto") === "https";
}
