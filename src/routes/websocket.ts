import type { Context, MiddlewareHandler } from "hono";
import type { WSContext, WSEvents } from "hono/ws";
import type { UpgradeWebSocket } from "../adapter/serve.ts";
import { TeecamV1Connection } from "../transport/teecam-v1/connection.ts";
import { subprotocol } from "../transport/teecam-v1/subprotocol.ts";
import { sendFrames } from "../transport/websocket.ts";
import { numberParameter } from "./query.ts";
import { ageOf } from "./report.ts";
import type { RouteContext } from "./route-context.ts";

/** `…/ws`: a camera's JPEGs as they are, or many cameras by `teecam.v1`. Without `upgradeWebSocket` it answers 501. */
export function sockets(desk: RouteContext, upgradeWebSocket: UpgradeWebSocket | undefined): MiddlewareHandler {
  const open = new Set<TeecamV1Connection>();
  desk.cameraChanges?.addEventListener("change", () => {
    for (const multiplex of open) multiplex.sendHello();
  });
  desk.shutdown?.addEventListener("abort", () => {
    for (const multiplex of open) multiplex.end();
  });
  const watch = upgradeWebSocket?.((context) => frames(desk, context, open));
  return async (context, next) => {
    const camera = desk.find(context);
    if (!watch) {
      return context.json({ error: "No WebSockets here: the host passes no upgradeWebSocket to createApp()" }, 501);
    }
    if (context.req.header("upgrade")?.toLowerCase() !== "websocket") {
      context.header("Upgrade", "websocket");
      return context.json({ error: "This is a WebSocket; /stream serves HTTP" }, 426);
    }
    desk.requirePlace(context, camera);
    return await watch(context, next);
  };
}

/** Those of `teecam.v1` that are open stand in `open`. */
function frames(desk: RouteContext, context: Context, open: Set<TeecamV1Connection>): WSEvents {
  const camera = desk.find(context);
  const { remote } = desk.connection(context);
  const [offered] = context.req.header("sec-websocket-protocol")?.split(",") ?? [];
  const limits = {
    fps: numberParameter(context, "fps", { least: 0.01, most: 1000 }),
    maxAge: numberParameter(context, "max_age", { least: 0, most: 1e9 }),
    stallAfter: desk.stallAfter,
  };
  const over = new AbortController();
  let multiplex: TeecamV1Connection | undefined;
  return {
    onOpen(_, socket) {
      const chosen = socket.protocol || offered?.trim(); // hono/deno takes the first one, and Deno does not tell
      if (chosen === subprotocol) {
        multiplex = share(desk, context, socket);
        open.add(multiplex);
        if (desk.shutdown?.aborted) multiplex.end();
        return;
      }
      const full = desk.places.full(camera.id, remote); // many may have come at once
      if (full !== undefined) return socket.close(1013, full);
      const session = desk.join(context, camera, "websocket");
      void sendFrames((view) => camera.tee(view), session, { ...limits, socket, closed: over.signal });
    },
    onMessage: ({ data }) => multiplex?.receive(data),
    onClose() {
      over.abort();
      if (!multiplex) return;
      open.delete(multiplex);
      multiplex.close();
    },
  };
}

function share(desk: RouteContext, context: Context, socket: WSContext): TeecamV1Connection {
  const { sessions, stallAfter } = desk;
  const id = crypto.randomUUID();
  const connection = desk.connection(context);
  return new TeecamV1Connection({
    socket,
    connection,
    session: id,
    names: () => desk.shown(context).map((camera) => camera.id),
    stallAfter,
    full: (camera) => desk.places.full(camera, connection.remote),
    find(name) {
      const camera = desk.shown(context).find((one) => one.id === name);
      if (!camera) return undefined;
      return {
        identity: camera,
        tee: (view) => camera.tee(view),
        states: () => camera.states(),
        age: () => ageOf(camera),
        predictions: (view) => camera.predictions?.tee(view),
      };
    },
    join: (camera) => sessions.create({ id, camera, transport: "websocket", connection }),
  });
}
