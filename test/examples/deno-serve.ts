// What `deno serve` runs; it prints an address of its own.
import { Hono } from "hono";
import { createApp, upgradeWebSocket } from "../../src/index.ts";
import { options } from "./house.ts";

const app = new Hono();
app.get("/", (context) => context.text("The host's own page"));
app.get(
  "/echo",
  upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(String(data)) })),
);
app.route("/house/cams", createApp(options));
const host: { readonly fetch: Hono["fetch"] } = { fetch: app.fetch };
export default host;
