import { setMaxListeners } from "node:events";
import { ServerResponse, STATUS_CODES } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import process from "node:process";
import { createAdaptorServer, type HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { createNodeWebSocket } from "@hono/node-ws";
import type { Context, Hono } from "hono";
import type { Drainable } from "../../relay/branch.ts";
import { type Handler, type Serve, subprotocol } from "../../serve.ts";
import type { Connection } from "../../session/connection.ts";
import { limitConnections } from "./fd-limit.ts";
import { sendQueue } from "./tcp-info.ts";

export { descriptorLimit } from "./fd-limit.ts";
export { dial, listen, program, spawn, stdin } from "./spawn.ts";

/** The runtime's name and version. */
export const runtime: string = `Node.js ${process.versions.node}`;

/** This process's number. */
export const pid: number = process.pid;

/** Whether people read along: standard error is a terminal. */
export function isTerminal(): boolean {
  return process.stderr.isTTY === true;
}

/** The words of the command line behind the program's name. */
export const args: readonly string[] = process.argv.slice(2);

/** Ends the program; what children are left die with it. */
export function exit(code: number): never {
  process.exit(code);
}

/** Calls `handle` whenever the program is asked to end. */
export function onTerminate(handle: (signal: "SIGINT" | "SIGTERM") => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => handle(signal));
}

/** Calls `handle` at each SIGHUP, which asks to read the configuration again, or tells that the terminal is gone. */
export function onHangup(handle: () => void): void {
  process.on("SIGHUP", handle);
}

/** From now on what is written when nobody reads it any more, since a terminal or a pipe is gone, is lost without a word. */
export function ignoreBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
}

let variables: Readonly<Record<string, string | undefined>> | undefined;

/** The variables of the environment, as they were when they were first asked for. */
export function environment(): Readonly<Record<string, string | undefined>> {
  variables ??= { ...process.env };
  return variables;
}

/** Keeps variables from the programs that are started from now on. */
export function unsetEnv(names: readonly string[]): void {
  environment();
  for (const name of names) delete process.env[name];
}

const connections = new WeakMap<Socket, Connection>();

/** Bodies that are to be written straight to the socket, by themselves. */
const directBodies = new WeakMap<ReadableStream, Drainable<Uint8Array>>();

/** What is known of the connection a request came over. */
export function connection(context: Context): Connection {
  const socket: Socket | undefined = context.env?.incoming?.socket;
  if (!socket) return {};
  const known = connections.get(socket);
  if (known) return known;
  const closed = new AbortController();
  setMaxListeners(0, closed.signal); // one connection may carry many cameras
  socket.once("close", () => closed.abort());
  const made = {
    remote: socket.remoteAddress ?? "",
    closed: closed.signal,
    queue: sendQueue(socket),
    reset: () => resetConnection(socket),
    writeDirectly: (body: Drainable<Uint8Array>) => void directBodies.set(body, body),
  };
  connections.set(socket, made);
  return made;
}

/** `destroy()` alone leaves what the kernel holds; one that is encrypted has another below, which can be reset. */
function resetConnection(socket: Socket): void {
  const { _parent: below } = socket as { _parent?: Socket };
  (below ?? socket).resetAndDestroy();
  socket.destroy();
}

/** Serves an app by @hono/node-server and @hono/node-ws. */
export const serve: Serve = async (create, { hostname, port, tls, descriptor }) => {
  const request: Handler["request"] = async (url, init, env) => {
    const response = await app.request(url, init, env);
    if (response.status !== 200) await refuseUpgrade((env as HttpBindings).incoming.socket, response);
    return response;
  };
  const sockets = createNodeWebSocket({ app: { request } as Hono });
  sockets.wss.options.maxPayload = 16 * 1024; // viewers send short messages
  sockets.wss.options.handleProtocols = (offered) => offered.has(subprotocol) && subprotocol;
  const app = create((events) => sockets.upgradeWebSocket(events as never, { onError: reportUnlessErrorEvent }));

  const server = createAdaptorServer({
    hostname, // for requests without a Host
    ...(tls ? { createServer: createSecureServer } : {}),
    serverOptions: {
      ...tls,
      highWaterMark: 1, // one write at a time in user space, or up to 64 KiB of old frames wait there
      shouldUpgradeCallback: isWebSocket, // Node 24; before, see below
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2000, // otherwise 30 s
      requestTimeout: 0, // a camera that pushes never ends its request
    } as never,
    async fetch(request, env) {
      const { outgoing } = env as HttpBindings;
      const response = await app.fetch(request, env);
      const isMultipart = response.headers.get("content-type")?.startsWith("multipart/");
      if (!isMultipart || !(outgoing instanceof ServerResponse)) return response; // untouched: a body looked at is buffered
      const body = response.body && directBodies.get(response.body);
      if (!body) return response;
      writeBranch(body, response, outgoing).catch(() => outgoing.destroy());
      return RESPONSE_ALREADY_SENT;
    },
  });

  limitConnections(server);

  // node-ws must not meet a request it breaks on: its listener is called here, behind a guard.
  let upgrade: (request: unknown, socket: Socket, head: Buffer) => Promise<void> = async () => {};
  sockets.injectWebSocket({ on: (_: "upgrade", listener: typeof upgrade) => (upgrade = listener) } as never);
  server.on("upgrade", (request, socket: Socket, head) => {
    socket.on("error", () => socket.destroy()); // one that is reset before ws listens would end the process
    if (!isWebSocket(request) || !URL.canParse(request.url ?? "/", "http://localhost")) {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    upgrade(request, socket, head).catch((error) => error instanceof Refused || socket.destroy());
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(descriptor === undefined ? { port, host: hostname } : { fd: descriptor }, () => resolve());
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    close: (grace) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          for (const socket of sockets.wss.clients) socket.terminate();
          if ("closeAllConnections" in server) server.closeAllConnections();
        }, grace);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
};

/**
 * Writes a viewer's branch to the socket itself, one write a part and nothing waiting behind it. The way through the
 * response costs half as much again, and this body has no use for chunks: it ends with its connection.
 */
async function writeBranch(branch: Drainable<Uint8Array>, response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.useChunkedEncodingByDefault = false;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  outgoing.flushHeaders();
  const socket = outgoing.socket ?? (await nextSocket(outgoing)); // it comes when a pipelined request's turn does
  const room = () => void Promise.resolve(source.pull()).catch(() => socket.destroy());
  const source = branch.drainTo({
    enqueue(part = new Uint8Array()) {
      socket.write(part);
      if (socket.writableLength === 0) room();
      else socket.once("drain", room);
    },
    close: () => void outgoing.end(),
    error: () => void socket.destroy(),
  });
  socket.once("close", () => void source.cancel(undefined));
  if (socket.destroyed) source.cancel(undefined);
  else room();
}

function nextSocket(outgoing: ServerResponse): Promise<Socket> {
  return new Promise((resolve) => outgoing.once("socket", resolve));
}

/** What is not to become a WebSocket, and was told so. */
class Refused extends Error {}

/** Answers in the app's words: node-ws would give the status alone. Throws `Refused`, so that it does not do so. */
async function refuseUpgrade(socket: Socket, response: Response): Promise<never> {
  const body = new Uint8Array(await response.arrayBuffer());
  const fields = new Map(response.headers).set("connection", "close").set("content-length", String(body.length));
  const head = [...fields].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${head}\r\n`);
  socket.end(body);
  throw new Refused(`${response.status}`);
}

function isWebSocket(request: { headers: { upgrade?: string | undefined } }): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}

/** node-ws makes an ErrorEvent, which Node 20 and 22 do not have, and reports that it could not; `onClose` tells all. */
function reportUnlessErrorEvent(error: unknown): void {
  if (!(error instanceof ReferenceError)) console.error(error);
}
