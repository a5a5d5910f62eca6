// Fastify, whose parsers of bodies must leave what is pushed alone.
import { createRequire } from "node:module";
import type { FastifyInstance } from "fastify";
import { WebSocketServer } from "ws";
import { createApp, serveInto } from "../../src/index.ts";
import { announce, options } from "./house.ts";

const web: FastifyInstance = createRequire(import.meta.url)("fastify")();
const teecam = serveInto(web.server, createApp(options), { path: "/house/cams", stallAfter: 2000 });
new WebSocketServer({ server: web.server, path: "/echo" }).on("connection", (socket) => {
  socket.on("message", (data) => socket.send(String(data)));
});
web.get("/", () => "The host's own page");
web.register(async (scope) => {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _payload, done) => done(null));
  for (const path of ["/house/cams", "/house/cams/*"]) {
    scope.all(path, (request, reply) => {
      reply.hijack();
      teecam(request.raw, reply.raw);
    });
  }
});
await web.listen({ host: "127.0.0.1", port: 0 });
announce(web.server);
