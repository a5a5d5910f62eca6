import type { Context } from "hono";
import { ustreamerState } from "./report.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** Handles `GET /cameras`: the cameras that the client may view. */
export function listCameras(app: RouteContext, context: Context): Response {
  const cameras = app.visible(context).map((camera) => app.report(context, camera));
  return context.json({ cameras }, 200, liveHeaders);
}

/** Handles `GET /cameras/{id}`: the state of one camera. */
export function showCamera(app: RouteContext, context: Context): Response {
  return context.json(app.report(context, app.find(context)), 200, liveHeaders);
}

/** Handles `GET /cameras/{id}/viewers`: its viewers; only admins see their addresses. */
export function listViewers(app: RouteContext, context: Context): Response {
  const viewers = app.sessions.report(app.find(context).id);
  const shown = app.isAdmin(context) ? viewers : viewers.map(({ remote: _, ...rest }) => rest);
  return context.json({ viewers: shown }, 200, liveHeaders);
}

/** Handles `GET /state`: the first camera, in the format of uStreamer. */
export function showState(app: RouteContext, context: Context): Response {
  const camera = app.find(context);
  return context.json(ustreamerState(app.report(context, camera), app.sessions.of(camera.id)), 200, liveHeaders);
}
