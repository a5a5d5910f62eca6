import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import { forwardedPrefix, pageAddress } from "../auth/forwarded-prefix.ts";
import { endsWithoutSlash } from "../auth/host-prefix.ts";
import { matchRoute } from "../auth/match-route.ts";
import { kindOfAction } from "./action.ts";
import type { Asset } from "./assets.ts";
import type { RouteContext } from "./route-context.ts";
import { snapshot } from "./snapshot.ts";
import { stream } from "./stream.ts";

const policy = "default-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; base-uri 'none'";
const policyWithBase = policy.replace("base-uri 'none'", "base-uri 'self'");

/** Serves the files of the page below the path that it is mounted at, and the `action`s of mjpg-streamer at the root. */
export function page(app: RouteContext, assets: ReadonlyMap<string, Asset>): MiddlewareHandler {
  return async (context, next) => {
    const name = nameOf(context);
    if (name === "") return root(app, assets, context);
    const file = assets.get(name);
    return file ? sendFile(context, file) : await next();
  };
}

/** Tells whether the request is for the page or one of its files. */
export function isOfPage(context: Context, assets: ReadonlyMap<string, Asset>): boolean {
  const name = nameOf(context);
  return name === "" || assets.has(name);
}

/** Returns the path of a request below the one that the app is mounted at; for handlers of `/*`. */
function nameOf(context: Context): string {
  const depth = context.req.routePath.split("/").length - 1; // of the path that the app is mounted at, which may have parameters
  return context.req.path.split("/").slice(depth).join("/");
}

function root(app: RouteContext, assets: ReadonlyMap<string, Asset>, context: Context): Response | Promise<Response> {
  const action = context.req.query("action"); // mjpg-streamer's
  if (action !== undefined) {
    app.require(context, "view");
    const kind = kindOfAction(action);
    if (kind === "stream") return stream(app, context);
    if (kind === "snapshot") return snapshot(app, context);
    throw new HTTPException(400, { message: `Bad action "${action}": expected stream or snapshot, or stream_1` });
  }
  const { pathname, search } = new URL(context.req.url);
  // The page links to its files with relative URLs, so that it can be mounted at any path.
  if (!pathname.endsWith("/") || endsWithoutSlash(context))
    return context.redirect(`${pageAddress(context, matchRoute(context))}${search}`, 301);
  const index = assets.get("index.html");
  if (!index) return context.notFound();
  return forwardedPrefix(context) === ""
    ? sendFile(context, index)
    : sendFile(context, withBase(index, context), policyWithBase);
}

/** Returns the page with the path that a proxy has cut off, which the browser's address may have without its final slash. */
function withBase({ body, type, etag }: Asset, context: Context): Asset {
  const address = pageAddress(context, matchRoute(context));
  const html = new TextDecoder().decode(body).replace("<head>", `<head><base href="${address}" />`);
  return { body: new TextEncoder().encode(html), type, etag: `${etag.slice(0, -1)}.${encodeURIComponent(address)}"` };
}

/** Returns a file, or 304 if the browser has it already. */
function sendFile(context: Context, { body, type, etag }: Asset, contentPolicy = policy): Response {
  context.header("Content-Security-Policy", contentPolicy, { append: true }); // `frame-ancestors` is a policy of its own
  const headers = {
    "Content-Type": type,
    "Cache-Control": "no-cache",
    ETag: etag,
    "Cross-Origin-Opener-Policy": "same-origin",
  };
  const known = context.req
    .header("if-none-match")
    ?.split(",")
    .map((tag) => tag.trim().replace(/^W\//, ""));
  return known?.some((tag) => tag === etag || tag === "*")
    ? context.body(null, 304, headers)
    : context.body(body, 200, headers);
}
