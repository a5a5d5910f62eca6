// Your own Hono app and server on Node, with teecam under a path of it.
// Run, with teecam, hono and @hono/node-server installed: npx tsx node-mount.ts, and open the address it prints.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { camera, createApp, serveInto } from "../src/index.ts"; // "teecam" in yours

const front = camera({ id: "front", source: "testcard:320x240@15" });
const cameras = new Map([[front.id, front]]);

const app = new Hono();
app.get("/", (context) => context.text("The house"));
app.route("/house/cams", createApp({ cameras }));

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/house/cams/`);
});
serveInto(server, app); // WebSockets, and what guards the server against slow and broken clients
