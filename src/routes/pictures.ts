import type { Context } from "hono";
import { mjpeg } from "../transport/mjpeg.ts";
import { contentType, formatTimestamp } from "../transport/part.ts";
import { snapshot } from "../transport/snapshot.ts";
import { type Desk, live } from "./desk.ts";
import { numberParameter, switchParameter } from "./query.ts";

/** `…/stream`: multipart/x-mixed-replace, until the viewer leaves or the camera ends. */
export function stream(desk: Desk, context: Context): Response {
  const camera = desk.find(context);
  const options = {
    fps: numberParameter(context, "fps", { least: 0.01, most: 1000 }),
    frames: numberParameter(context, "frames", { least: 1, most: 1e9, whole: true }),
    maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
    stallAfter: desk.stallAfter,
    advanceHeaders: switchParameter(context, "advance_headers") ?? isImage(context),
  };
  desk.findLive(context);
  const headers = { ...live, "Content-Type": contentType };
  if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
  const body = mjpeg((view) => camera.tee(view), desk.join(context, camera, "mjpeg"), options);
  return context.body(body, 200, headers);
}

/** `…/snapshot`: one JPEG, or a 503 when none comes in time. */
export async function still(desk: Desk, context: Context): Promise<Response> {
  const camera = desk.find(context);
  const options = {
    maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
    after: numberParameter(context, "after", { least: -1, most: Number.MAX_SAFE_INTEGER, whole: true }),
  };
  desk.findLive(context);
  const frame = await snapshot((view) => camera.tee(view), desk.join(context, camera, "snapshot"), options);
  if (!frame) {
    context.header("Retry-After", "1");
    return context.json({ error: `Camera "${camera.id}" gives no frame: it is ${camera.state.state}` }, 503);
  }
  return context.body(frame.data, 200, {
    ...live,
    "Content-Type": "image/jpeg",
    "X-Timestamp": formatTimestamp(frame),
    "X-Sequence": String(frame.sequence),
  });
}

/** A browser's `<img>`, which paints a part late: by fetch metadata or, on plain-HTTP addresses, by what it accepts. */
function isImage(context: Context): boolean {
  const destination = context.req.header("sec-fetch-dest");
  return destination === undefined
    ? (context.req.header("accept")?.startsWith("image/") ?? false)
    : destination === "image";
}
