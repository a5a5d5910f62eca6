import type { Context } from "hono";

/**
 * Returns the path that the host of the app has cut off in front of the request's, without the final slash: what Express's
 * `app.use("/cams", …)` and Hono's `mount()` do. Returns "" if it has cut off nothing, or does not say so, as on Deno.
 */
export function hostPrefix(context: Context): string {
  const [asked, own] = [askedPath(context), new URL(context.req.url).pathname];
  if (asked === undefined || asked === own) return "";
  if (own === "/" && !asked.endsWith("/")) return asked;
  return asked.endsWith(own) ? asked.slice(0, -own.length) : "";
}

/** Tells whether the client asked for the root of the app without the final slash, which its host has then added. */
export function endsWithoutSlash(context: Context): boolean {
  return askedPath(context)?.endsWith("/") === false && new URL(context.req.url).pathname === "/";
}

/** Returns the path that the client asked for, which Express and Connect keep in `originalUrl`; undefined on Deno. */
function askedPath(context: Context): string | undefined {
  const incoming: { readonly originalUrl?: string; readonly url?: string } | undefined = context.env?.incoming;
  const url = incoming?.originalUrl ?? incoming?.url;
  return url === undefined || !URL.canParse(url, "http://localhost")
    ? undefined
    : new URL(url, "http://localhost").pathname;
}
