import { createServer as createSecureServer } from "node:https";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Serve } from "../serve.ts";
import { sendDirectly } from "./direct-body.ts";
import { limitConnections } from "./fd-limit.ts";
import { createWebSockets, isWebSocket } from "./websocket.ts";

/** Serves an app by @hono/node-server and @hono/node-ws. */
export const serve: Serve = async (create, { hostname, port, tls, descriptor, protocols = [] }) => {
  const webSockets = createWebSockets({ request: (url, init, env) => app.request(url, init, env), protocols });
  const app = create(webSockets.upgradeWebSocket);
  const server = createAdaptorServer({
    hostname, // for requests without a Host header
    ...(tls ? { createServer: createSecureServer } : {}),
    serverOptions: {
      ...tls,
      highWaterMark: 1, // one write at a time in user space; the default lets 64 KiB of old frames wait there
      shouldUpgradeCallback: isWebSocket, // since Node 24; earlier versions pass every Upgrade on, guarded in websocket.ts
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2000, // otherwise 30 s
      requestTimeout: 0, // a camera that pushes never ends its request
    } as never,
    fetch: async (request, env) => sendDirectly(await app.fetch(request, env), env as HttpBindings),
  });
  limitConnections(server);
  webSockets.attach(server);

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(descriptor === undefined ? { port, host: hostname } : { fd: descriptor }, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close: (grace) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          webSockets.terminate();
          if ("closeAllConnections" in server) server.closeAllConnections();
        }, grace);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
};
