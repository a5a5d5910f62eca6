import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { HttpBindings, ServerType } from "@hono/node-server";
import { createNodeWebSocket } from "@hono/node-ws";
import type { Hono } from "hono";
import type { Handler, UpgradeWebSocket } from "../serve.ts";

/** Options for {@link createWebSockets}. */
export interface WebSocketOptions {
  /** Asks the app about an upgrade request. */
  readonly request: Handler["request"];
  /** Subprotocols to choose from, preferred first. */
  readonly protocols: readonly string[];
}

/** The WebSockets of one server. */
export interface WebSockets {
  readonly upgradeWebSocket: UpgradeWebSocket;
  /** Handles the server's upgrade requests. */
  attach(server: ServerType): void;
  /** Ends every open WebSocket without a closing handshake. */
  terminate(): void;
}

const maxMessage = 16 * 1024; // bytes: viewers send short messages

type OnUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>;

/**
 * Creates WebSockets by @hono/node-ws, and guards its weak spots: a request that is no WebSocket or has an invalid URL
 * makes it throw, it refuses with a bare status, and it takes messages of up to 100 MiB.
 */
export function createWebSockets({ request, protocols }: WebSocketOptions): WebSockets {
  const answer: Handler["request"] = async (url, init, env) => {
    const response = await request(url, init, env);
    if (response.status !== 200) await refuse((env as HttpBindings).incoming.socket, response);
    return response;
  };
  const sockets = createNodeWebSocket({ app: { request: answer } as Hono });
  sockets.wss.options.maxPayload = maxMessage;
  sockets.wss.options.handleProtocols = (offered) => protocols.find((name) => offered.has(name)) ?? false;

  return {
    upgradeWebSocket: (events) => sockets.upgradeWebSocket(events as never, { onError: reportUnlessErrorEvent }),
    attach(server) {
      const upgrade = upgradeListener(sockets);
      server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
        socket.on("error", () => socket.destroy()); // a reset before ws listens would end the process
        if (!isWebSocket(request) || !URL.canParse(request.url ?? "/", "http://localhost")) {
          socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
          return;
        }
        upgrade(request, socket, head).catch((error) => error instanceof Refused || socket.destroy());
      });
    },
    terminate() {
      for (const socket of sockets.wss.clients) socket.terminate();
    },
  };
}

/** Returns true for a request whose `Upgrade` header asks for a WebSocket, in any case of letters. */
export function isWebSocket(request: { headers: { upgrade?: string | undefined } }): boolean {
  return request.headers.upgrade?.toLowerCase() === "websocket";
}

/** Catches the listener that node-ws would add to a server, so that it is called only for requests it can handle. */
function upgradeListener({ injectWebSocket }: ReturnType<typeof createNodeWebSocket>): OnUpgrade {
  let listener: OnUpgrade = async () => {};
  injectWebSocket({ on: (_: "upgrade", added: OnUpgrade) => (listener = added) } as never);
  return listener;
}

/** Thrown when an upgrade request has been answered, to keep node-ws from answering it again. */
class Refused extends Error {}

/** Answers an upgrade request with the app's whole response, and throws {@link Refused}. */
async function refuse(socket: Socket, response: Response): Promise<never> {
  const body = new Uint8Array(await response.arrayBuffer());
  const fields = new Map(response.headers).set("connection", "close").set("content-length", String(body.length));
  const head = [...fields].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.write(`HTTP/1.1 ${response.status} ${STATUS_CODES[response.status] ?? ""}\r\n${head}\r\n`);
  socket.end(body);
  throw new Refused(`${response.status}`);
}

/** Ignores the ReferenceError of node-ws, which creates an ErrorEvent that Node 20 and 22 lack; `onClose` follows anyway. */
function reportUnlessErrorEvent(error: unknown): void {
  if (!(error instanceof ReferenceError)) console.error(error);
}
