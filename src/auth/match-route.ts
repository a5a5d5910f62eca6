import type { Context } from "hono";
import { cameraParameter } from "./camera-parameter.ts";

/** The route that a request matches. */
export interface RouteMatch {
  /** Pattern of the route as registered, such as `/cameras/:camera/stream`; undefined if none matches. */
  readonly pattern: string | undefined;
  /** The camera in the path, if any. */
  readonly camera: string | undefined;
  /** Path at which the app is mounted, without the final slash. */
  readonly mount: string;
  /** Rest of the path, after `mount`. */
  readonly path: string;
}

/** Returns the route that a request will match, for middleware of `*`. The app may be mounted under any path. */
export function matchRoute(context: Context): RouteMatch {
  const mounted = context.req.routePath.replace(/\/\*$/, "");
  const segments = context.req.path.split("/");
  const depth = mounted.split("/").length;
  const mount = segments.slice(0, depth).join("/");
  const patterns = context.req.matchedRoutes
    .filter(({ method, path }) => method !== "ALL" && path.startsWith(`${mounted}/`)) // "ALL" is middleware
    .map(({ path }) => path.slice(mounted.length));
  const pattern = patterns.find((candidate) => candidate !== "/*") ?? patterns[0]; // the viewer page matches everything
  const index = pattern?.split("/").indexOf(`:${cameraParameter}`) ?? -1;
  return {
    pattern,
    camera: index < 0 ? undefined : segments[depth - 1 + index],
    mount,
    path: context.req.path.slice(mount.length),
  };
}
