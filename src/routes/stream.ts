import type { Context } from "hono";
import { mjpeg } from "../transport/mjpeg.ts";
import { contentType } from "../transport/part.ts";
import { numberParameter, switchParameter } from "./query.ts";
import { endlessHeaders, type RouteContext } from "./route-context.ts";

/** Handles `…/stream`: multipart/x-mixed-replace, until the viewer leaves or the camera ends. */
export function stream(app: RouteContext, context: Context): Response {
  const camera = app.find(context);
  const options = {
    fps: numberParameter(context, "fps", { min: 0.01, max: 1000 }),
    frames: numberParameter(context, "frames", { min: 1, max: 1e9, whole: true }),
    maxAge: numberParameter(context, "max_age", { min: 0, max: 1e9 }),
    stallAfter: app.stallAfter,
    advanceHeaders: switchParameter(context, "advance_headers") ?? isImage(context),
  };
  app.findLive(context);
  const headers = endlessHeaders(contentType);
  if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
  app.requireRoom(context, camera);
  const session = app.createSession(context, "mjpeg");
  const body = mjpeg(camera.pictures, session, options);
  session.connection.writeDirectly?.(body);
  return context.body(body, 200, headers);
}

/** Returns true for a browser's `<img>`: by fetch metadata or, on plain-HTTP addresses without it, by `Accept`. */
function isImage(context: Context): boolean {
  const destination = context.req.header("sec-fetch-dest");
  return destination === undefined
    ? (context.req.header("accept")?.startsWith("image/") ?? false)
    : destination === "image";
}
