import type { Context } from "hono";
import { hostPrefix } from "./host-prefix.ts";

/**
 * Returns the path that a proxy has cut off in front of the request's, as it says in `X-Forwarded-Prefix`, and behind that the
 * one that the host of the app has cut off, without the final slash; "" where none says so. A client that forges the header harms only its own cookie.
 */
export function forwardedPrefix(context: Context): string {
  const prefix = context.req.header("x-forwarded-prefix")?.replace(/\/$/, "") ?? "";
  return `${/^(?:\/[\w.~%-]+)*$/.test(prefix) ? prefix : ""}${hostPrefix(context)}`;
}
