// Your own Hono app, server and WebSockets on Node, with teecam under a path of it.
// Run, with teecam, hono, @hono/node-server and @hono/node-ws installed: npx tsx node-mount.ts, and open the address it prints.
import { serve } from "@hono/node-server";
import { createNodeWebSocket } from "@hono/node-ws";
import { Hono } from "hono";
import { camera, connection, createApp } from "../src/index.ts"; // "teecam" in yours

const front = camera({ id: "front", source: "testcard:320x240@15" });
const cameras = new Map([[front.id, front]]);

const app = new Hono();
const { upgradeWebSocket, injectWebSocket } = createNodeWebSocket({ app });
app.get("/", (context) => context.text("The house"));
app.route("/house/cams", createApp({ cameras, upgradeWebSocket, connection }));

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/house/cams/`);
});
injectWebSocket(server);
