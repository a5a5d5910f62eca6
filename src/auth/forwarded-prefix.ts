import type { Context } from "hono";
import { hostPrefix } from "./host-prefix.ts";
import type { RouteMatch } from "./match-route.ts";

/** Headers in which proxies say it: Traefik and Kubernetes, and the ingress of Home Assistant. */
const headers = ["x-forwarded-prefix", "x-ingress-path"] as const;

/**
 * Returns the path that a proxy has cut off in front of the request's, as it says in `X-Forwarded-Prefix`, and behind that
 * the one that the host of the app has cut off, without the final slash; "" where none says so. A client that forges the
 * header harms only its own cookie and page.
 */
export function forwardedPrefix(context: Context): string {
  const said = headers.map((name) => context.req.header(name)).find((value) => value !== undefined);
  const prefix = said?.replace(/\/$/, "") ?? "";
  return `${/^(?:\/[\w.~%-]+)*$/.test(prefix) ? prefix : ""}${hostPrefix(context)}`;
}

/**
 * Returns the address of the app's page, for a response to a request. It is relative to the request's, unless a proxy says
 * what it has cut off, since another may have done so without a word.
 */
export function pageAddress(context: Context, { mount, path }: Pick<RouteMatch, "mount" | "path">): string {
  const prefix = forwardedPrefix(context);
  if (prefix !== "") return `${prefix}${encodeUnsafe(mount)}/`;
  if (path === "") return `./${encodeUnsafe(mount.slice(mount.lastIndexOf("/") + 1))}/`;
  return "../".repeat(path.split("/").length - 2) || "./";
}

/** Encodes what would end an attribute of HTML or a header: a path may have been decoded. */
function encodeUnsafe(path: string): string {
  return path.replace(/[^\w.~%/:@!$()*+,;=-]/gu, encodeURIComponent);
}
