// Hono's own server, with teecam below parameters, one of which has the name that teecam might use for a camera.
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
app.route("/tenants/:id/houses/:camera/cams", createApp(options));
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, () =>
  announce(server, "/tenants/acme-corporation/houses/7/cams"),
);
serveInto(server, app, { stallAfter: 2000 });
