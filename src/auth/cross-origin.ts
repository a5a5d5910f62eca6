import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { isAllowedHost } from "./hosts.ts";
import { matchRoute } from "./match-route.ts";
import { type Requester, requester } from "./requester.ts";

/** Which sites' pages may use the app. */
export interface CrossOriginOptions {
  /** Names of this server besides addresses and `localhost`. @default any, for an app that its host guards */
  readonly allowHosts?: readonly string[] | undefined;
  /** Origins such as `https://dash.example.org` whose pages may show and read it; `*` is all. @default none */
  readonly allowOrigins?: readonly string[] | undefined;
}

const anyOrigin = "*";

/**
 * Keeps other sites' pages out, for `app.use` in front of everything.
 *
 * What tells them: `Host` (421), `Origin`, and `Sec-Fetch-Site`, for `<img>` and frames besides `Referer` (403). Browsers
 * send the third to loopback and HTTPS only, so each answer also says who may embed it. A link to the page may stand
 * anywhere. Throws a `TypeError` for an origin that is none.
 */
export function crossOrigin({ allowHosts, allowOrigins = [] }: CrossOriginOptions): MiddlewareHandler {
  for (const origin of allowOrigins) requireOrigin(origin);
  const framers = allowOrigins.includes(anyOrigin) ? anyOrigin : ["'self'", ...allowOrigins].join(" ");
  return async (context, next) => {
    const page = requester(context);
    const welcome = isAllowed(page, allowOrigins);
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Cross-Origin-Resource-Policy", welcome ? "cross-origin" : "same-origin");
    context.header("Content-Security-Policy", `frame-ancestors ${framers}`);
    if (allowOrigins.length === 0) context.header("X-Frame-Options", "SAMEORIGIN");
    else context.header("Vary", "Origin, Referer");

    const host = context.req.header("host");
    if (allowHosts && !isAllowedHost(host, allowHosts)) {
      throw new HTTPException(421, { message: `No host "${host}" here: name it in allow_hosts if it is this server` });
    }
    if (!page.own && !welcome && isForeign(context)) {
      throw new HTTPException(403, {
        message: `Not for pages of other sites: name ${page.origin ?? "their origin"} in allow_origins to let it in`,
      });
    }
    const crossing = context.req.header("origin");
    if (welcome && crossing !== undefined) {
      setCorsHeaders(context, crossing, allowOrigins);
      if (context.req.method === "OPTIONS") return context.body(null, 204);
    }
    await next();
  };
}

function isAllowed({ own, origin }: Requester, allowed: readonly string[]): boolean {
  if (own) return false;
  return allowed.includes(anyOrigin) || (typeof origin === "string" && allowed.includes(origin));
}

/** Whether a page of another site asks for what is not for it. */
function isForeign(context: Context): boolean {
  if (context.req.header("origin") !== undefined) return true;
  const from = context.req.header("sec-fetch-site");
  if (from !== "cross-site" && from !== "same-site") return false; // or it is no browser, or one on a plain-HTTP address
  const isLink =
    context.req.header("sec-fetch-mode") === "navigate" && context.req.header("sec-fetch-dest") === "document";
  const { pattern } = matchRoute(context);
  return !(isLink && context.req.method === "GET" && pattern === "/*" && context.req.query("action") === undefined);
}

/** Lets a script of another origin read the answer (https://fetch.spec.whatwg.org/#http-cors-protocol). */
function setCorsHeaders(context: Context, origin: string, allowed: readonly string[]): void {
  context.header("Access-Control-Allow-Origin", origin);
  if (allowed.includes(origin)) context.header("Access-Control-Allow-Credentials", "true"); // not to just anybody
  context.header("Access-Control-Allow-Headers", "authorization, content-type");
  context.header("Access-Control-Allow-Methods", "GET, HEAD, POST");
  context.header("Access-Control-Expose-Headers", "x-timestamp, x-sequence, retry-after");
}

function requireOrigin(text: string): void {
  if (text === anyOrigin || (URL.canParse(text) && new URL(text).origin === text)) return;
  throw new TypeError(`Cannot allow origin "${text}": write it as https://dash.example.org, without a path`);
}
