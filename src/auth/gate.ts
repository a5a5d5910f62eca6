import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "../log.ts";
import type { Connection } from "../session.ts";
import { Attempts } from "./attempts.ts";
import { giveCookie, readCookie } from "./cookie.ts";
import { everything, type Grant, nothing, type Right } from "./grant.ts";
import { cookieOf, type Keys } from "./keys.ts";
import { place } from "./place.ts";
import { askForToken, goOn } from "./words.ts";

/** What a route asks for: nothing, a token whatever it opens, or one that opens its camera with this right. */
export type Rule = "open" | "any" | Right;

/** What a gate is made of. */
export interface GateOptions {
  /** Nobody is asked where there are none. */
  readonly keys: Keys | undefined;
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
export function gate({ keys, rules, connection, log }: GateOptions): MiddlewareHandler {
  const attempts = new Attempts(log);
  return async (context, next) => {
    if (!keys) {
      grants.set(context, everything);
      return await next();
    }
    const { pattern, camera, mount, path } = place(context);
    const rule = pattern === undefined ? "any" : Object.hasOwn(rules, pattern) ? rules[pattern] : undefined;
    if (rule === "open") return await next();

    const { token, action } = context.req.query();
    if (token !== undefined && action === undefined && (path === "/" || path === "")) {
      if (await keys.ofToken(token)) {
        giveCookie(context, await cookieOf(token), mount || "/");
        return goOn(context, `${mount}/`);
      }
    }
    const { grant, tried } = await identify(context, keys);
    if (!grant) {
      if (tried || token !== undefined) attempts.failed(connection(context).remote ?? "an unknown address", path);
      return askForToken(context, { wrong: tried || token !== undefined });
    }
    const allowed = rule === "any" || (rule !== undefined && grant.gives(rule));
    if (!allowed || (camera !== undefined && !grant.covers(camera))) {
      throw new HTTPException(403, { message: "Your token is not for this" });
    }
    grants.set(context, grant);
    await next();
  };
}

async function identify(
  context: Context,
  keys: Keys,
): Promise<{ readonly grant: Grant | undefined; readonly tried: boolean }> {
  const bearer = /^bearer +(\S+) *$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return { grant: await keys.ofToken(bearer), tried: true };
  const query = new URL(context.req.url).searchParams;
  const cookie = readCookie(context);
  const grant =
    (query.has("signature") ? await keys.ofQuery(query) : undefined) ??
    (cookie === undefined ? undefined : await keys.ofCookie(cookie));
  return { grant, tried: query.has("signature") || cookie !== undefined };
}
