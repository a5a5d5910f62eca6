import type { Context } from "hono";
import { ustreamerState } from "./report.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

/** `GET /cameras`: all that the request's sender may see. */
export function listCameras(app: RouteContext, context: Context): Response {
  const cameras = app.visible(context).map((camera) => app.describe(context, camera));
  return context.json({ cameras }, 200, liveHeaders);
}

/** `GET /cameras/{id}`. */
export function showCamera(app: RouteContext, context: Context): Response {
  return context.json(app.describe(context, app.find(context)), 200, liveHeaders);
}

/** `GET /cameras/{id}/viewers`: who watches it; their addresses are for admins. */
export function listViewers(app: RouteContext, context: Context): Response {
  const viewers = app.sessions.report(app.find(context).id);
  const shown = app.isAdmin(context) ? viewers : viewers.map(({ remote: _, ...rest }) => rest);
  return context.json({ viewers: shown }, 200, liveHeaders);
}

/** `GET /state`: the first camera in uStreamer's shape. */
export function showState(app: RouteContext, context: Context): Response {
  const camera = app.find(context);
  return context.json(ustreamerState(app.describe(context, camera), app.sessions.report(camera.id)), 200, liveHeaders);
}
