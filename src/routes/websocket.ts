import type { Context, MiddlewareHandler } from "hono";
import type { WSContext, WSEvents } from "hono/ws";
import type { UpgradeWebSocket } from "../adapter/serve.ts";
import type { Session } from "../session/session.ts";
import { TeecamV1Connection } from "../transport/teecam-v1/connection.ts";
import { subprotocol } from "../transport/teecam-v1/subprotocol.ts";
import { expired, sendFrames } from "../transport/websocket.ts";
import { numberParameter } from "./query.ts";
import type { RouteContext } from "./route-context.ts";

/** Error message for an app without `upgradeWebSocket`. */
export const noWebSockets =
  "WebSockets are not available: the host of the app did not pass upgradeWebSocket to createApp()";

/** Handles `…/ws`: JPEGs of one camera or, by `teecam.v1`, of several. Without `upgradeWebSocket` it responds 501. */
export function websocket(app: RouteContext, upgradeWebSocket: UpgradeWebSocket | undefined): MiddlewareHandler {
  const connections = new Set<TeecamV1Connection>();
  app.cameraChanges?.addEventListener("change", () => {
    for (const connection of connections) connection.sendHello();
  });
  app.shutdown?.addEventListener("abort", () => {
    for (const connection of connections) connection.end();
  });
  const upgrade = upgradeWebSocket?.((context) => createEvents(app, context, connections));
  return async (context, next) => {
    const camera = app.find(context);
    if (!upgrade) return context.json({ error: noWebSockets }, 501);
    if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
      context.header("Upgrade", "websocket");
      return context.json({ error: "Expected a WebSocket; for plain HTTP use /stream" }, 426);
    }
    app.requireRoom(context, camera);
    return await upgrade(context, next);
  };
}

/** Handles one WebSocket; keeps it in `connections` while it is open, if it uses `teecam.v1`. */
function createEvents(app: RouteContext, context: Context, connections: Set<TeecamV1Connection>): WSEvents {
  const camera = app.find(context);
  const isAdmin = app.isAdmin(context); // after the upgrade the runtime may no longer know it
  app.connection(context);
  const [offered] = context.req.header("sec-websocket-protocol")?.split(",") ?? [];
  const options = {
    fps: numberParameter(context, "fps", { min: 0.01, max: 1000 }),
    maxAge: numberParameter(context, "max_age", { min: 0, max: 1e9 }),
    stallAfter: app.stallAfter,
  };
  const closed = new AbortController();
  let connection: TeecamV1Connection | undefined;
  let release = () => {};
  return {
    onOpen(_, socket) {
      const chosen = socket.protocol || offered?.trim(); // hono/deno selects the first one, and Deno does not report it
      if (chosen === subprotocol) {
        const refusal = app.refuse(context, camera.id);
        if (refusal !== undefined) return socket.close(1013, refusal);
        const session = app.createSession(context, "websocket");
        const forgetExpiry = session.onExpiry(() => {
          connection?.close();
          socket.close(...expired);
        });
        const leave = app.sessions.hold(session);
        release = () => {
          forgetExpiry();
          leave();
        };
        connection = connect(app, context, { socket, session, isAdmin });
        connections.add(connection);
        if (app.shutdown?.aborted) connection.end();
        return;
      }
      const refusal = app.refuse(context, camera.id); // others may have come since the request
      if (refusal !== undefined) return socket.close(1013, refusal);
      const session = app.createSession(context, "websocket");
      sendFrames(camera.pictures, session, { ...options, socket, closed: closed.signal });
    },
    onMessage: ({ data }) => connection?.receive(data),
    onClose() {
      closed.abort();
      release();
      if (!connection) return;
      connections.delete(connection);
      connection.close();
    },
  };
}

function connect(
  app: RouteContext,
  context: Context,
  { socket, session, isAdmin }: { readonly socket: WSContext; readonly session: Session; readonly isAdmin: boolean },
): TeecamV1Connection {
  return new TeecamV1Connection({
    socket,
    session,
    names: () => app.visible(context).map((camera) => camera.id),
    find: (name) => app.visible(context).find((camera) => camera.id === name),
    isAdmin,
    refuse: (camera) => app.refuse(context, camera, session),
    stallAfter: app.stallAfter,
  });
}
