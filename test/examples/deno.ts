// Deno.serve, with middleware that reads or changes responses.
import { Hono } from "hono";
import { compress } from "hono/compress";
import { cors } from "hono/cors";
import { etag } from "hono/etag";
import { logger } from "hono/logger";
import { secureHeaders } from "hono/secure-headers";
import { timeout } from "hono/timeout";
import { createApp, upgradeWebSocket } from "../../src/index.ts";
import { announce, options } from "./house.ts";

const app = new Hono();
for (const middleware of [logger(() => {}), timeout(5000), etag(), compress(), cors(), secureHeaders()])
  app.use(middleware);
app.get("/", (context) => context.text("The host's own page"));
app.get(
  "/echo",
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(String(data)) })),
);
app.route("/house/cams", createApp(options));
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: (address) => announce({ address: () => address }) }, app.fetch);
