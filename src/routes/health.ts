import type { Context } from "hono";
import type { Metrics } from "../metrics/metrics.ts";
import { live } from "./desk.ts";

/** `/livez`: whoever gets an answer knows that the event loop turns. */
export function alive(context: Context): Response {
  return context.json({ status: "alive" }, 200, live);
}

/** `/readyz`: 503 from the moment on when the server is asked to end. */
export function ready(context: Context, ending: AbortSignal | undefined): Response {
  return ending?.aborted
    ? context.json({ error: "The server is ending" }, 503, live)
    : context.json({ status: "ready" }, 200, live);
}

/** `/metrics`, for Prometheus. */
export async function scrape(context: Context, metrics: Metrics): Promise<Response> {
  return context.body(await metrics.text(), 200, { ...live, "Content-Type": metrics.contentType });
}
