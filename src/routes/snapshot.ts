import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Camera } from "../camera/camera.ts";
import type { Frame } from "../media/frame.ts";
import { formatAge, formatTimestamp } from "../transport/part.ts";
import { placeholder } from "../transport/placeholder.ts";
import { type SnapshotOptions, snapshot as takeSnapshot } from "../transport/snapshot.ts";
import { thumbnail } from "../transport/thumbnail.ts";
import { cameraOfAction } from "./action.ts";
import { numberParameter, switchParameter } from "./query.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** Milliseconds to wait for a frame where a picture can take its place: a page that shows one after the other goes on. */
const forgivingTimeout = 2000;

/**
 * Handles `…/snapshot`: one JPEG, with a `max_age` also the last one of a camera that has ended, or 503 if none arrives in
 * time. With `placeholder=1`, and by default for `?action=snapshot`, a picture that says so takes the place of 503 and 410.
 */
export async function snapshot(app: RouteContext, context: Context): Promise<Response> {
  const camera = app.find(context, cameraOfAction(context));
  const options = {
    maxAge: numberParameter(context, "max_age", { min: 0, max: 1e9 }),
    after: numberParameter(context, "after", { min: -1, max: Number.MAX_SAFE_INTEGER, whole: true }),
  };
  const width = numberParameter(context, "width", { min: 16, max: 16_384, whole: true });
  const isForgiving = switchParameter(context, "placeholder") ?? context.req.query("action") !== undefined;
  try {
    const timeout = isForgiving ? forgivingTimeout : undefined;
    const frame = await take(app, context, { ...options, timeout, camera });
    return respond(context, await resize(context, frame, width), {
      "X-Timestamp": formatTimestamp(frame),
      "X-Sequence": String(frame.sequence),
      "X-Age": formatAge(frame),
    });
  } catch (error) {
    if (!isForgiving || !(error instanceof HTTPException) || ![410, 503].includes(error.status)) throw error;
    const text = error instanceof NoFrame ? undefined : error.message;
    const picture = await placeholder({ camera: camera.id, newest: camera.newest, text });
    return respond(context, picture, { "X-Placeholder": "1" });
  }
}

/** Thrown where a camera has no frame in time. */
class NoFrame extends HTTPException {}

/** Returns the frame to send. Throws a 503 if there is none, and a 410 if the camera has ended. */
async function take(
  app: RouteContext,
  context: Context,
  { camera, ...options }: SnapshotOptions & { readonly camera: Camera },
): Promise<Frame> {
  if (options.maxAge === undefined) app.requireLive(camera);
  app.requireRoom(context, camera);
  const frame = await takeSnapshot(camera.pictures, app.createSession(context, "snapshot"), options);
  if (frame) return frame;
  app.requireLive(camera);
  context.header("Retry-After", "1");
  throw new NoFrame(503, { message: `No frame from camera "${camera.id}": it is ${camera.state.state}` });
}

async function resize(context: Context, frame: Frame, width: number | undefined): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return width === undefined ? frame.data : await thumbnail(frame, width);
  } catch (cause) {
    context.header("Retry-After", "1");
    throw new HTTPException(503, { message: "Cannot make a smaller picture now", cause });
  }
}

function respond(
  context: Context,
  picture: Uint8Array<ArrayBuffer>,
  headers: Readonly<Record<string, string>>,
): Response {
  return context.body(picture, 200, { ...liveHeaders, "Content-Type": "image/jpeg", ...headers });
}
