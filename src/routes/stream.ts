import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { mjpeg } from "../transport/mjpeg.ts";
import { contentType } from "../transport/part.ts";
import { cameraOfAction } from "./action.ts";
import { numberParameter, switchParameter } from "./query.ts";
import { endlessHeaders, type RouteContext } from "./route-context.ts";

const maxKeyLength = 64; // characters

/** Handles `…/stream`: multipart/x-mixed-replace, until the viewer leaves or the camera ends. */
export function stream(app: RouteContext, context: Context): Response {
  const camera = app.find(context, cameraOfAction(context));
  const repeat = numberParameter(context, "repeat", { min: 0, max: 3600 });
  const viewer = {
    key: keyOf(context),
    extraHeaders: switchParameter(context, "extra_headers") ?? false,
    advanceHeaders: switchParameter(context, "advance_headers") ?? isPainted(context),
  };
  const options = {
    ...viewer,
    fps: numberParameter(context, "fps", { min: 0.01, max: 1000 }),
    frames: numberParameter(context, "frames", { min: 1, max: 1e9, whole: true }),
    maxAge: numberParameter(context, "max_age", { min: 0, max: 1e9 }),
    stallAfter: app.stallAfter,
    repeatAfter: repeat === undefined ? undefined : repeat * 1000,
  };
  app.requireLive(camera);
  const headers = endlessHeaders(contentType);
  if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
  app.requireRoom(context, camera);
  const session = app.createSession(context, "mjpeg", { claims: viewer });
  if (viewer.key !== undefined) {
    const cookie = `stream_client=${encodeURIComponent(viewer.key)}/${session.id}`; // read by scripts of PiKVM's page
    context.header("Set-Cookie", `${cookie}; Path=/; Max-Age=30; SameSite=Lax`, { append: true });
  }
  const body = mjpeg(camera.pictures, session, options);
  session.connection.writeDirectly?.(body);
  return context.body(body, 200, headers);
}

/** Returns the key by which a client of uStreamer finds itself in `/state`. Throws a 400 if it is too long. */
function keyOf(context: Context): string | undefined {
  const key = context.req.query("key");
  if (key === undefined || key.length <= maxKeyLength) return key;
  throw new HTTPException(400, { message: `Bad key: expected at most ${maxKeyLength} characters` });
}

/** What browsers paint by themselves, each part when the next one begins. */
const painted = new Set(["image", "document", "iframe", "frame", "object", "embed"]);

/** Returns true for a stream that a browser paints: by fetch metadata or, on plain-HTTP addresses without it, by `Accept`. */
function isPainted(context: Context): boolean {
  const destination = context.req.header("sec-fetch-dest");
  if (destination !== undefined) return painted.has(destination);
  return /^(image\/|text\/html)/.test(context.req.header("accept") ?? "");
}
