import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { formatTimestamp } from "../transport/part.ts";
import { snapshot as takeSnapshot } from "../transport/snapshot.ts";
import { thumbnail } from "../transport/thumbnail.ts";
import { numberParameter } from "./query.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** Handles `…/snapshot`: one JPEG, with a `max_age` also the last one of a camera that has ended, or 503 if none arrives in time. */
export async function snapshot(app: RouteContext, context: Context): Promise<Response> {
  const camera = app.find(context);
  const options = {
    maxAge: numberParameter(context, "max_age", { min: 0, max: 1e9 }),
    after: numberParameter(context, "after", { min: -1, max: Number.MAX_SAFE_INTEGER, whole: true }),
  };
  const width = numberParameter(context, "width", { min: 16, max: 16_384, whole: true });
  if (options.maxAge === undefined) app.findLive(context);
  app.requireRoom(context, camera);
  const frame = await takeSnapshot(camera.pictures, app.createSession(context, "snapshot"), options);
  if (!frame) {
    app.findLive(context);
    context.header("Retry-After", "1");
    return context.json({ error: `No frame from camera "${camera.id}": it is ${camera.state.state}` }, 503);
  }
  let data = frame.data;
  try {
    if (width !== undefined) data = await thumbnail(frame, width);
  } catch (cause) {
    context.header("Retry-After", "1");
    throw new HTTPException(503, { message: "Cannot make a smaller picture now", cause });
  }
  return context.body(data, 200, {
    ...liveHeaders,
    "Content-Type": "image/jpeg",
    "X-Timestamp": formatTimestamp(frame),
    "X-Sequence": String(frame.sequence),
    "X-Age": ((performance.now() - frame.arrival) / 1000).toFixed(3),
  });
}
