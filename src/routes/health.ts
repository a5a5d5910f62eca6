import type { Context } from "hono";
import type { Metrics } from "../metrics/metrics.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** Handles `/livez`: any response means that the event loop is running. */
export function alive(context: Context): Response {
  return context.json({ status: "alive" }, 200, liveHeaders);
}

/** Handles `/readyz`: 503 once the server is shutting down. */
export function ready(context: Context, shutdown: AbortSignal | undefined): Response {
  return shutdown?.aborted
    ? context.json({ error: "The server is shutting down" }, 503, liveHeaders)
    : context.json({ status: "ready" }, 200, liveHeaders);
}

/** `/metrics`, for Prometheus: of the cameras that the request's sender may know of. */
export async function metrics(app: RouteContext, context: Context, metrics: Metrics): Promise<Response> {
  const visible = new Set(app.visible(context).map(({ id }) => id));
  const text = await metrics.text((camera) => visible.has(camera));
  return context.body(text, 200, { ...liveHeaders, "Content-Type": metrics.contentType });
}
