import type { Context } from "hono";
import { formatTimestamp } from "../transport/part.ts";
import { snapshot as takeSnapshot } from "../transport/snapshot.ts";
import { numberParameter } from "./query.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** `…/snapshot`: one JPEG, or a 503 when none comes in time. */
export async function snapshot(desk: RouteContext, context: Context): Promise<Response> {
  const camera = desk.find(context);
  const options = {
    maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
    after: numberParameter(context, "after", { least: -1, most: Number.MAX_SAFE_INTEGER, whole: true }),
  };
  desk.findLive(context);
  const frame = await takeSnapshot((view) => camera.tee(view), desk.join(context, camera, "snapshot"), options);
  if (!frame) {
    context.header("Retry-After", "1");
    return context.json({ error: `Camera "${camera.id}" gives no frame: it is ${camera.state.state}` }, 503);
  }
  return context.body(frame.data, 200, {
    ...liveHeaders,
    "Content-Type": "image/jpeg",
    "X-Timestamp": formatTimestamp(frame),
    "X-Sequence": String(frame.sequence),
  });
}
