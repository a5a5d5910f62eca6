import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../log.ts";
import type { Connection } from "../session/connection.ts";
import { writeCookie } from "./cookie.ts";
import { readCredentials } from "./credentials.ts";
import { hasUnknownHost } from "./cross-origin.ts";
import { FailureDelay } from "./failure-delay.ts";
import { FailureLog } from "./failure-log.ts";
import { forwardedPrefix, pageAddress } from "./forwarded-prefix.ts";
import { describeDenial, everything, type Grant, nothing } from "./grant.ts";
import { loginPage, type Rejection, redirectWithCookie } from "./login-page.ts";
import { matchRoute } from "./match-route.ts";
import { type Rules, ruleOf } from "./rules.ts";
import { cookieOf, type TokenStore } from "./token-store.ts";

/** Options for {@link authenticate}. */
export interface AuthenticateOptions {
  /** Valid tokens; undefined lets everyone in. */
  readonly tokens: TokenStore | undefined;
  /** Rule of each route, by its pattern; a route without a rule is closed. */
  readonly rules: Rules;
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
 * Middleware that authenticates requests by {@link readCredentials}.
 *
 * At the root of the app, `?token=` is exchanged once for the cookie. Answers 401 without a valid token, and 403 if the
 * token lacks the right or the camera of the route. Who goes on to send wrong tokens is answered later and later.
 */
export function authenticate({ tokens, rules, connection, log }: AuthenticateOptions): MiddlewareHandler {
  const failures = new FailureLog(log, "Request from {remote} for {path} refused: wrong or expired token{more}");
  const delay = new FailureDelay();
  return async (context, next) => {
    if (!tokens) {
      grants.set(context, everything);
      return await next();
    }
    const route = matchRoute(context);
    const { pattern, camera, mount, path } = route;
    const rule = ruleOf(rules, pattern);
    if (rule === "open") return await next();

    const { token, action } = context.req.query();
    const isRoot = action === undefined && (path === "/" || path === "");
    const isToken = token !== undefined && (await tokens.grantForToken(token)) !== undefined;
    if (isRoot && isToken) {
      const address = pageAddress(context, route);
      if (path === "" && forwardedPrefix(context) === "") {
        return context.redirect(`${address}${new URL(context.req.url).search}`, 303); // so that the cookie stays below
      }
      const prefix = forwardedPrefix(context);
      writeCookie(context, await cookieOf(token), prefix === "" ? undefined : `${prefix}${mount}`);
      return redirectWithCookie(context, address);
    }
    const { grant, present } = await readCredentials(context, tokens);
    if (!grant) {
      const isWrong = present || (token !== undefined && !isToken);
      if (isWrong) {
        const remote = connection(context).remote ?? "an unknown address";
        failures.record(remote, { remote, path });
        await delay.wait(remote);
      }
      const rejection: Rejection | undefined = isWrong ? "wrong" : isToken ? "misplaced" : undefined;
      return loginPage(context, { rejection, address: pageAddress(context, route), hasForm: !hasUnknownHost(context) });
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
