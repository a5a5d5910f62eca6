import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { Hono } from "hono";
import type { Handler, HostServer, ServeInto, UpgradeWebSocket } from "../serve.ts";
import type { Kernel } from "../tcp-info.ts";
import { sendDirectly } from "./direct-body.ts";
import { GuardedServer } from "./guarded-server.ts";
import { createWebSockets } from "./websocket.ts";

/** What hosts with servers of their own need. */
export interface HostAdapter {
  readonly serveInto: ServeInto;
  readonly upgradeWebSocket: UpgradeWebSocket;
}

const closeTimeout = 10_000; // milliseconds for the peer of a WebSocket to complete a closing handshake

/** Returns {@link ServeInto} and the `upgradeWebSocket` that belongs to all its servers. */
export function createServeInto(kernel: Kernel): HostAdapter {
  const webSockets = createWebSockets({ closeTimeout });
  const guarded = new WeakMap<HttpServer, GuardedServer>();
  return {
    upgradeWebSocket: webSockets.upgradeWebSocket,
    serveInto(host, app, { path = "", protocols = [], ...options } = {}) {
      requirePath(path);
      const server = requireServer(host);
      const mounted = path === "" ? app : mount(app, path);
      const guard = guarded.get(server) ?? new GuardedServer(server, { kernel, webSockets, ...options });
      guarded.set(server, guard);
      guard.add({ path, app: mounted, protocols });
      return listenerOf(mounted, path);
    },
  };
}

/** Returns a listener that restores the path of a request from which the host has cut `path`. */
function listenerOf(app: Handler, path: string): (incoming: object, outgoing: object) => void {
  const listen = getRequestListener(
    async (request, bindings) => sendDirectly(await app.fetch(request, bindings), bindings as HttpBindings),
    { overrideGlobalObjects: false }, // they are the host's
  );
  let isWarned = false;
  return (incoming, outgoing) => {
    const request = incoming as IncomingMessage & { readonly originalUrl?: string; readonly baseUrl?: string };
    if (path !== "") request.url = request.originalUrl ?? request.url;
    else if (request.baseUrl && !isWarned) {
      isWarned = true;
      const { baseUrl } = request;
      console.warn(
        `teecam is mounted at ${baseUrl}: give serveInto() { path: "${baseUrl}" }, or WebSockets are not found`,
      );
    }
    void listen(request, outgoing as ServerResponse);
  };
}

/** Mounts an app at a path. */
function mount(app: Handler, path: string): Handler {
  if ("routes" in app) return new Hono().route(path, app as Hono);
  throw new TypeError(`Cannot serve at ${path}: only a Hono app, such as createApp() returns, can be put at a path`);
}

function requirePath(path: string): void {
  if (path === "" || /^(?:\/[\w.~%-]+)+$/.test(path)) return;
  throw new TypeError(`Cannot serve at "${path}": write the path as /cams, with a slash in front and none behind`);
}

/** Returns the host as a server of `node:http`. Throws a `TypeError` that says what to pass for what people pass instead. */
function requireServer(host: HostServer): HttpServer {
  const given = host as unknown as Partial<Record<"address" | "emit" | "finished" | "server", unknown>>;
  const isServer = typeof host === "object" && typeof given.address === "function" && typeof given.emit === "function";
  if (isServer) return host as HttpServer;
  const instead =
    typeof host === "function"
      ? "pass the server, as createServer(app) or app.listen() returns it, not the app"
      : given.finished !== undefined
        ? "Deno.serve needs no guard; pass it the fetch of the app"
        : given.server !== undefined
          ? "pass its property server"
          : "expected a server of node:http, node:https or node:http2";
  throw new TypeError(`Cannot serve into this: ${instead}`);
}
