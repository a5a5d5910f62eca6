// A server of node:http without a framework, with WebSockets of its own.
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { createApp, serveInto } from "../../src/index.ts";
import { announce, options } from "./house.ts";

const server = createServer((request, response) => {
  if (/^\/house\/cams(?:[/?]|$)/.test(request.url ?? "")) teecam(request, response);
  else response.end("The host's own page");
});
const teecam = serveInto(server, createApp(options), { path: "/house/cams", stallAfter: 2000 });
new WebSocketServer({ server, path: "/echo" }).on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data)));
});
server.listen(0, "127.0.0.1", () => announce(server));
