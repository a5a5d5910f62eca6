import type { Context } from "hono";
import { mjpeg } from "../transport/mjpeg.ts";
import { contentType } from "../transport/part.ts";
import { numberParameter, switchParameter } from "./query.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** `…/stream`: multipart/x-mixed-replace, until the viewer leaves or the camera ends. */
export function stream(desk: RouteContext, context: Context): Response {
  const camera = desk.find(context);
  const options = {
    fps: numberParameter(context, "fps", { least: 0.01, most: 1000 }),
    frames: numberParameter(context, "frames", { least: 1, most: 1e9, whole: true }),
    maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
    stallAfter: desk.stallAfter,
    advanceHeaders: switchParameter(context, "advance_headers") ?? isImage(context),
  };
  desk.findLive(context);
  const headers = { ...liveHeaders, "Content-Type": contentType };
  if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
  const body = mjpeg((view) => camera.tee(view), desk.join(context, camera, "mjpeg"), options);
  return context.body(body, 200, headers);
}

/** A browser's `<img>`, which paints a part late: by fetch metadata or, on plain-HTTP addresses, by what it accepts. */
function isImage(context: Context): boolean {
  const destination = context.req.header("sec-fetch-dest");
  return destination === undefined
    ? (context.req.header("accept")?.startsWith("image/") ?? false)
    : destination === "image";
}
