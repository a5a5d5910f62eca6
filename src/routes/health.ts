import type { Context } from "hono";
import type { Metrics } from "../metrics/metrics.ts";
import { liveHeaders } from "./route-context.ts";

/** `/livez`: whoever gets an answer knows that the event loop turns. */
export function alive(context: Context): Response {
  return context.json({ status: "alive" }, 200, liveHeaders);
}

/** `/readyz`: 503 from the moment on when the server is asked to end. */
export function ready(context: Context, shutdown: AbortSignal | undefined): Response {
  return shutdown?.aborted
    ? context.json({ error: "The server is shutting down" }, 503, liveHeaders)
    : context.json({ status: "ready" }, 200, liveHeaders);
}

/** `/metrics`, for Prometheus. */
export async function metrics(context: Context, metrics: Metrics): Promise<Response> {
  return context.body(await metrics.text(), 200, { ...liveHeaders, "Content-Type": metrics.contentType });
}
