import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { isAllowedHost } from "./hosts.ts";
import { matchRoute } from "./match-route.ts";
import { type Requester, requester } from "./requester.ts";

/**
 * Options for the sites whose pages may use an app.
 *
 * @example
 * ```ts
 * createApp({ cameras, allowHosts: ["cam.example.org"], allowOrigins: ["https://dash.example.org"] });
 * ```
 */
export interface CrossOriginOptions {
  /** Names of this server besides addresses and `localhost`. @default any name; the host of the app must check it */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins such as `https://dash.example.org` whose pages may show and read the app; `*` is all. @default none */
  readonly allowOrigins?: readonly string[] | undefined;
}

const anyOrigin = "*";

/**
 * Middleware that keeps out pages of other sites; put it in front of all other middleware.
 *
 * Answers 421 for a `Host` that is not a name of this server, and 403 for a page of another site, recognised by `Origin`
 * and `Sec-Fetch-Site`, and by `Referer` for `<img>` and frames. As browsers send `Sec-Fetch-Site` only to loopback and
 * HTTPS addresses, every response also tells who may embed it. Any site may link to the page. Throws a `TypeError` for
 * an entry of `allowOrigins` that is not an origin.
 */
export function crossOrigin({ allowHosts, allowOrigins = [] }: CrossOriginOptions): MiddlewareHandler {
  for (const origin of allowOrigins) requireOrigin(origin);
  const ancestors = allowOrigins.includes(anyOrigin) ? anyOrigin : ["'self'", ...allowOrigins].join(" ");
  return async (context, next) => {
    const page = requester(context);
    const allowed = isAllowed(page, allowOrigins);
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Cross-Origin-Resource-Policy", allowed ? "cross-origin" : "same-origin");
    context.header("Content-Security-Policy", `frame-ancestors ${ancestors}`);
    if (allowOrigins.length === 0) context.header("X-Frame-Options", "SAMEORIGIN");
    else context.header("Vary", "Origin, Referer");

    const host = context.req.header("host");
    if (allowHosts && !isAllowedHost(host, allowHosts)) {
      const message = `Host "${host}" is not a name of this server; if it should be, add it to allow_hosts`;
      throw new HTTPException(421, { message });
    }
    if (!page.sameOrigin && !allowed && isCrossOrigin(context)) {
      const from = page.origin ?? "an unknown origin";
      const message = `Cross-origin request from ${from} refused; to allow it, add the origin to allow_origins`;
      throw new HTTPException(403, { message });
    }
    const origin = context.req.header("origin");
    if (allowed && origin !== undefined) {
      setCorsHeaders(context, origin, allowOrigins);
      if (context.req.method === "OPTIONS") return context.body(null, 204);
    }
    await next();
  };
}

function isAllowed({ sameOrigin, origin }: Requester, allowOrigins: readonly string[]): boolean {
  if (sameOrigin) return false;
  return allowOrigins.includes(anyOrigin) || (typeof origin === "string" && allowOrigins.includes(origin));
}

/** Returns true for a request from a page of another site, except for a link to the viewer page. */
function isCrossOrigin(context: Context): boolean {
  if (context.req.header("origin") !== undefined) return true;
  const site = context.req.header("sec-fetch-site");
  // Other clients than browsers do not send it, nor do browsers to a plain-HTTP address.
  if (site !== "cross-site" && site !== "same-site") return false;
  const isLink =
    context.req.header("sec-fetch-mode") === "navigate" && context.req.header("sec-fetch-dest") === "document";
  const { pattern } = matchRoute(context);
  return !(isLink && context.req.method === "GET" && pattern === "/*" && context.req.query("action") === undefined);
}

/** Lets scripts of another origin read the response (https://fetch.spec.whatwg.org/#http-cors-protocol). */
function setCorsHeaders(context: Context, origin: string, allowOrigins: readonly string[]): void {
  context.header("Access-Control-Allow-Origin", origin);
  // Cookies only from origins listed by name, not from any origin that "*" allows.
  if (allowOrigins.includes(origin)) context.header("Access-Control-Allow-Credentials", "true");
  context.header("Access-Control-Allow-Headers", "authorization, content-type, if-match");
  context.header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE");
  context.header("Access-Control-Expose-Headers", "x-timestamp, x-sequence, retry-after, location, etag, link");
}

function requireOrigin(text: string): void {
  if (text === anyOrigin || (URL.canParse(text) && new URL(text).origin === text)) return;
  throw new TypeError(`Cannot allow origin "${text}": write it as https://dash.example.org, without a path`);
}
