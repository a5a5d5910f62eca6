import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../log.ts";
import type { Connection } from "../session/connection.ts";
import { giveCookie, readCookie } from "./cookie.ts";
import { FailureLog } from "./failure-log.ts";
import { everything, type Grant, nothing, type Right } from "./grant.ts";
import { loginPage, redirectWithCookie } from "./login-page.ts";
import { matchRoute } from "./match-route.ts";
import { cookieOf, type TokenStore } from "./token-store.ts";

/** What a route asks for: nothing, a token whatever it opens, or one that opens its camera with this right. */
export type Rule = "open" | "any" | Right;

/** What a gate is made of. */
export interface AuthenticateOptions {
  /** Nobody is asked where there are none. */
  readonly tokens: TokenStore | undefined;
  /** What each route asks for, by its pattern; one that is not named here is closed. */
  readonly rules: Readonly<Record<string, Rule>>;
  readonly connection: (context: Context) => Connection;
  readonly log: Logger;
}

const grants = new WeakMap<Context, Grant>();

/** What whoever sent a request may do; nothing before the gate has let it in. */
export function grantOf(context: Context): Grant {
  return grants.get(context) ?? nothing;
}

/**
 * Lets in who may come in, for `app.use`: with a token as bearer, a cookie, or a signed query.
 *
 * At the root of the app `?token=` is exchanged once for the cookie. Without any of them, or with a wrong or expired
 * one, the answer is 401; with one that does not open this, 403.
 */
export function authenticate({ tokens, rules, connection, log }: AuthenticateOptions): MiddlewareHandler {
  const attempts = new FailureLog(log);
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
        giveCookie(context, await cookieOf(token), mount || "/");
        return redirectWithCookie(context, `${mount}/`);
      }
    }
    const { grant, tried } = await identify(context, tokens);
    if (!grant) {
      if (tried || token !== undefined) attempts.failed(connection(context).remote ?? "an unknown address", path);
      return loginPage(context, { wrong: tried || token !== undefined });
    }
    const allowed = rule === "any" || (rule !== undefined && grant.allows(rule));
    if (!allowed || (camera !== undefined && !grant.includes(camera))) {
      throw new HTTPException(403, { message: "Your token is not for this" });
    }
    grants.set(context, grant);
    await next();
  };
}

async function identify(
  context: Context,
  keys: TokenStore,
): Promise<{ readonly grant: Grant | undefined; readonly tried: boolean }> {
  const bearer = /^bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return { grant: await keys.grantForToken(bearer), tried: true };
  const query = new URL(context.req.url).searchParams;
  const cookie = readCookie(context);
  const grant =
    (query.has("signature") ? await keys.grantForQuery(query) : undefined) ??
    (cookie === undefined ? undefined : await keys.grantForCookie(cookie));
  return { grant, tried: query.has("signature") || cookie !== undefined };
}
