// Hono's own server, with teecam's fetch below mount(), which cuts off the path.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { createApp, serveInto, upgradeWebSocket } from "../../src/index.ts";
import { announce, options } from "./house.ts";

const app = new Hono();
app.get("/", (context) => context.text("The host's own page"));
app.get(
  "/echo",
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(String(data)) })),
);
app.mount("/house/cams", createApp(options).fetch);
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () => announce(server));
serveInto(server, app, { stallAfter: 2000 });
