import type { Context } from "hono";
import { matchedRoutes, routePath } from "hono/route";

/** Where a request leads. */
export interface RouteMatch {
  /** The pattern of its route, as it was registered: `/cameras/:id/stream`; undefined if there is none. */
  readonly pattern: string | undefined;
  /** The camera that the path names, if it names one. */
  readonly camera: string | undefined;
  /** The path that the app is mounted at, without the final slash. */
  readonly mount: string;
  /** The path behind it. */
  readonly path: string;
}

/** Tells where a request leads, before it is led there; for a middleware of `*`, whose app may be mounted anywhere. */
export function matchRoute(context: Context): RouteMatch {
  const mounted = routePath(context).replace(/\/\*$/, "");
  const parts = context.req.path.split("/");
  const depth = mounted.split("/").length;
  const mount = parts.slice(0, depth).join("/");
  const patterns = matchedRoutes(context)
    .filter(({ method, path }) => method !== "ALL" && path.startsWith(`${mounted}/`)) // middleware is for all methods
    .map(({ path }) => path.slice(mounted.length));
  const pattern = patterns.find((one) => one !== "/*") ?? patterns[0]; // the page's matches everything
  const at = pattern?.split("/").indexOf(":id") ?? -1;
  return {
    pattern,
    camera: at < 0 ? undefined : parts[depth - 1 + at],
    mount,
    path: context.req.path.slice(mount.length),
  };
}
