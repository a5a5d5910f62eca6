// Express 4, behind a middleware that compresses.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { WebSocketServer } from "ws";
import { createApp, serveInto } from "../../src/index.ts";
import { announce, options } from "./house.ts";

const require = createRequire(import.meta.url);
const web = require("express4")();
const server = createServer(web);
new WebSocketServer({ server, path: "/echo" }).on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data)));
});
web.use(require("compression")());
web.use("/house/cams", serveInto(server, createApp(options), { path: "/house/cams", stallAfter: 2000 }));
web.get("/", (_: unknown, response: { send(text: string): void }) => response.send("The host's own page"));
server.listen(0, "127.0.0.1", () => announce(server));
