import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../log.ts";
import type { Connection } from "../session/connection.ts";
import { readCookie, writeCookie } from "./cookie.ts";
import { FailureDelay } from "./failure-delay.ts";
import { FailureLog } from "./failure-log.ts";
import { forwardedPrefix } from "./forwarded-prefix.ts";
import { describeDenial, everything, type Grant, nothing, type Right } from "./grant.ts";
import { loginPage, redirectWithCookie } from "./login-page.ts";
import { matchRoute } from "./match-route.ts";
import { cookieOf, type TokenStore } from "./token-store.ts";

/** Access rule of a route: open to everyone, open to any valid token, or only to tokens with this right. */
export type Rule = "open" | "any" | Right;

/** Options for {@link authenticate}. */
export interface AuthenticateOptions {
  /** Valid tokens; undefined lets everyone in. */
  readonly tokens: TokenStore | undefined;
  /** Rule of each route, by its pattern; a route without a rule is closed. */
  readonly rules: Readonly<Record<string, Rule>>;
  /** Returns what is known of the connection of a request; the remote address is logged when a token is wrong. */
  readonly connection: (context: Context) => Connection;
  readonly log: Logger;
}

const grants = new WeakMap<Context, Grant>();

/** Returns the grant of a request; {@link nothing} until {@link authenticate} has let it in. */
export function grantOf(context: Context): Grant {
  return grants.get(context) ?? nothing;
}

/**
 * Middleware that authenticates requests by bearer token (RFC 6750), cookie or signed query.
 *
 * At the root of the app, `?token=` is exchanged once for the cookie. Answers 401 without a valid token, and 403 if the
 * token lacks the right or the camera of the route. Who goes on to send wrong tokens is answered later and later.
 */
export function authenticate({ tokens, rules, connection, log }: AuthenticateOptions): MiddlewareHandler {
  const failures = new FailureLog(log);
  const delay = new FailureDelay();
  return async (context, next) => {
    if (!tokens) {
      grants.set(context, everything);
      return await next();
    }
    const { pattern, camera, mount, path } = matchRoute(context);
    const rule = pattern === undefined ? "any" : Object.hasOwn(rules, pattern) ? rules[pattern] : undefined;
    if (rule === "open") return await next();

    const { token, action } = context.req.query();
    if (token !== undefined && action === undefined && (path === "/" || path === "")) {
      if (await tokens.grantForToken(token)) {
        const prefix = `${forwardedPrefix(context)}${mount}`;
        writeCookie(context, await cookieOf(token), prefix || undefined);
        return redirectWithCookie(context, prefix === "" ? "./" : `${prefix}/`);
      }
    }
    const { grant, hasCredentials } = await identify(context, tokens);
    if (!grant) {
      const rejected = hasCredentials || token !== undefined;
      if (rejected) {
        const remote = connection(context).remote ?? "an unknown address";
        failures.record(remote, path);
        await delay.wait(remote);
      }
      return loginPage(context, { rejected });
    }
    if (rule === undefined) throw new HTTPException(403, { message: `Token does not allow access to ${path}` });
    const right = rule === "any" ? undefined : rule;
    if ((right && !grant.allows(right)) || (camera !== undefined && !grant.includes(camera))) {
      throw new HTTPException(403, { message: describeDenial(right ?? "view", camera) });
    }
    grants.set(context, grant);
    await next();
  };
}

async function identify(
  context: Context,
  tokens: TokenStore,
): Promise<{ readonly grant: Grant | undefined; readonly hasCredentials: boolean }> {
  const bearer = /^bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return { grant: await tokens.grantForToken(bearer), hasCredentials: true };
  const query = new URL(context.req.url).searchParams;
  const cookie = readCookie(context);
  const grant =
    (query.has("signature") ? await tokens.grantForQuery(query) : undefined) ??
    (cookie === undefined ? undefined : await tokens.grantForCookie(cookie));
  return { grant, hasCredentials: query.has("signature") || cookie !== undefined };
}
