import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../log.ts";
import { type Connection, isLoopback } from "../session/connection.ts";
import { hasCredentials } from "./credentials.ts";
import { FailureLog } from "./failure-log.ts";
import { isAllowedHost, isHost } from "./hosts.ts";
import { matchRoute } from "./match-route.ts";
import { anyOrigin, isOrigin } from "./origins.ts";
import { type Requester, requester } from "./requester.ts";
import { type Rules, ruleOf } from "./rules.ts";

/**
 * Options for the sites whose pages may use an app.
 *
 * @example
 * ```ts
 * createApp({ cameras, allowHosts: ["cam.example.org"], allowOrigins: ["https://dash.example.org"] });
 * ```
 */
export interface CrossOriginOptions {
  /** Names of this server besides addresses and `localhost`; `*.example.org` for all below. @default any name; the host of the app must check it */
  readonly allowHosts?: readonly string[] | undefined;
  /**
   * Origins whose pages may show and read the app, such as `https://dash.example.org`, or `capacitor://localhost` of an app;
   * `*` is all. @default none
   */
  readonly allowOrigins?: readonly string[] | undefined;
}

/** Facts about the app for {@link crossOrigin}. */
export interface CrossOriginContext {
  /** Rule of each route, by its pattern. Routes that are `open` answer to every name. */
  readonly rules: Rules;
  /** True if the app requires tokens. */
  readonly requiresToken: boolean;
  readonly connection: (context: Context) => Connection;
  readonly log: Logger;
}

const maxShown = 200; // characters

const unknownHosts = new WeakSet<Context>();

/** Returns true for a request by a name that is not known to be this server's, which has credentials of its own. */
export function hasUnknownHost(context: Context): boolean {
  return unknownHosts.has(context);
}

/**
 * Middleware that keeps out pages of other sites; put it in front of all other middleware.
 *
 * Answers 421 for a `Host` that is not a name of this server, and 403 for a page of another site, recognised by `Origin`
 * and `Sec-Fetch-Site`, and by `Referer` for `<img>` and frames. As browsers send `Sec-Fetch-Site` only to loopback and
 * HTTPS addresses, every response also tells who may embed it. Any site may link to the page.
 *
 * With DNS rebinding a request has no valid credentials: a cookie belongs to another name, and the site knows no token. So
 * where tokens are required, a request with credentials is let through to be judged by them. Throws a `TypeError` for an
 * invalid entry of `allowHosts` or `allowOrigins`.
 */
export function crossOrigin(
  { allowHosts, allowOrigins = [] }: CrossOriginOptions,
  { rules, requiresToken, connection, log }: CrossOriginContext,
): MiddlewareHandler {
  for (const origin of allowOrigins) requireOrigin(origin);
  for (const host of allowHosts ?? []) requireHost(host);
  const ancestors = allowOrigins.includes(anyOrigin) ? anyOrigin : ["'self'", ...allowOrigins].join(" ");
  const refusals = new FailureLog(log, "Refused a request: {message}{more}");
  const refuse = (context: Context, status: 403 | 421, message: string) => {
    refusals.record(connection(context).remote ?? "", { message });
    return new HTTPException(status, { message });
  };
  return async (context, next) => {
    const fromLoopback = isLoopback(connection(context).remote);
    const page = requester(context, { fromLoopback });
    const allowed = isAllowed(page, allowOrigins);
    context.header("Cache-Control", "no-store");
    context.header("X-Content-Type-Options", "nosniff");
    context.header("Cross-Origin-Resource-Policy", allowed ? "cross-origin" : "same-origin");
    context.header("Content-Security-Policy", `frame-ancestors ${ancestors}`);
    if (allowOrigins.length === 0) context.header("X-Frame-Options", "SAMEORIGIN");
    else context.header("Vary", "Origin, Referer");

    const host = context.req.header("host");
    if (
      allowHosts &&
      !isAllowedHost({ host, fromLoopback }, allowHosts) &&
      ruleOf(rules, matchRoute(context).pattern) !== "open"
    ) {
      if (!requiresToken || !hasCredentials(context)) {
        const shown = shorten(host ?? "");
        const allowIt = `to allow it, use --allow-host ${shown.replace(/:\d*$/, "")}, TEECAM_ALLOW_HOSTS or allow_hosts`;
        throw refuse(context, 421, `Host "${shown}" is not a name of this server; ${allowIt}`);
      }
      unknownHosts.add(context);
    }
    if (!page.sameOrigin && !allowed && isCrossOrigin(context)) {
      const origin = page.origin && shorten(page.origin);
      const allowIt = origin ? `use --allow-origin ${origin} or allow_origins` : "its origin must be known";
      const message = `Cross-origin request from ${origin ?? "an unknown origin"} refused; to allow it, ${allowIt}`;
      throw refuse(context, 403, message);
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
  context.header("Access-Control-Expose-Headers", "x-timestamp, x-sequence, x-age, retry-after, location, etag, link");
}

/** Returns what a client has sent, short enough for the log. */
function shorten(text: string): string {
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

function requireOrigin(text: string): void {
  if (isOrigin(text)) return;
  throw new TypeError(`Cannot allow origin "${text}": write it as https://dash.example.org, without a path`);
}

function requireHost(text: string): void {
  if (isHost(text)) return;
  throw new TypeError(`Cannot allow host "${text}": write it as cam.example.org, without scheme and path`);
}
