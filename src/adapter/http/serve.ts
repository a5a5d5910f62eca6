import { createServer, type Server as HttpServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import type { Serve } from "../serve.ts";
import type { Kernel } from "../tcp-info.ts";
import { connectionLimits } from "./connection-limits.ts";
import { Connections } from "./connections.ts";
import { sendDirectly } from "./direct-body.ts";
import { keepAccepting } from "./keep-accepting.ts";
import { refuseMalformed } from "./malformed.ts";
import { normalizeHostHeader, Request } from "./request.ts";
import { createWebSockets } from "./websocket.ts";

const backlog = 1024; // connections that wait to be accepted, as many may arrive at once

/** Options for {@link createServe}. */
export interface CreateServeOptions {
  /** Replaces the global Request and Response by lighter ones, which other servers may reject. @default true */
  readonly overrideGlobalObjects?: boolean;
}

/**
 * Returns a {@link Serve} for Node and Deno that uses @hono/node-server and @hono/node-ws.
 *
 * `Deno.serve` has no timeouts for idle connections and slow headers. `node:http` on Deno has them, and takes half the
 * CPU time of `Deno.serve` for each frame.
 */
export function createServe(kernel: Kernel, { overrideGlobalObjects = true }: CreateServeOptions = {}): Serve {
  return async (create, { hostname, port, tls, descriptor, protocols = [], stallAfter = 10_000, ...limits }) => {
    const webSockets = createWebSockets({ closeTimeout: stallAfter });
    const app = create(webSockets.upgradeWebSocket);
    const server = createAdaptorServer({
      hostname, // for requests without a Host header
      overrideGlobalObjects,
      createServer: tls ? createSecureServer : createServer,
      serverOptions: {
        ...tls,
        IncomingMessage: Request,
        highWaterMark: 1, // one write at a time in user space; the default lets 64 KiB of old frames wait there
        maxHeaderSize: 16 * 1024,
        headersTimeout: stallAfter,
        handshakeTimeout: stallAfter, // of TLS
        keepAliveTimeout: Math.min(5000, stallAfter),
        connectionsCheckingInterval: Math.ceil(Math.min(500, stallAfter / 8)), // otherwise 30 s
        requestTimeout: 0, // a camera that pushes never ends its request
      } as never,
      fetch: async (request, bindings) => {
        const env = bindings as HttpBindings;
        if (env.incoming.headers.upgrade !== undefined) env.outgoing.shouldKeepAlive = false; // its parser stops after it
        return sendDirectly(await app.fetch(request, env), env);
      },
    }) as HttpServer;
    const connections = new Connections(server, { ...connectionLimits(limits, kernel), stallAfter, kernel });
    server.on("upgrade", (...upgrade) => webSockets.upgrade(upgrade, { app, protocols, connections }));
    server.prependListener("request", normalizeHostHeader);
    server.on("clientError", refuseMalformed);

    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(descriptor === undefined ? { port, host: hostname, backlog } : { fd: descriptor }, () => resolve());
    });
    server.on("error", (error) => console.error(`Cannot accept connections: ${error.message}`));
    kernel.endUnanswered(server, stallAfter);
    const address = server.address();
    const actualPort = typeof address === "object" && address ? address.port : port;
    if (!kernel.acceptsAfterExhaustion) {
      keepAccepting(server, connections, () => {
        server.close();
        server.listen({ port: actualPort, host: hostname, backlog }, () => kernel.endUnanswered(server, stallAfter));
      });
    }
    return {
      port: actualPort,
      close(grace) {
        server.close();
        return connections.close(grace);
      },
    };
  };
}
