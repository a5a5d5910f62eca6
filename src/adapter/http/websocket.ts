import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { HttpBindings, ServerType } from "@hono/node-server";
import { createNodeWebSocket } from "@hono/node-ws";
import type { Hono } from "hono";
import type { Handler, UpgradeWebSocket } from "../serve.ts";
import { answerAndClose, refuse } from "./answer.ts";
import type { Connections } from "./connections.ts";
import { handshakeError } from "./handshake.ts";
import type { OpenConnection } from "./open-connection.ts";

/** Options for {@link createWebSockets}. */
export interface WebSocketOptions {
  /** Asks the app about an upgrade request. */
  readonly request: Handler["request"];
  /** Subprotocols to choose from, preferred first. */
  readonly protocols: readonly string[];
  /** Milliseconds for the other end to answer a closing handshake. */
  readonly closeTimeout: number;
}

/** The WebSockets of one server. */
export interface WebSockets {
  readonly upgradeWebSocket: UpgradeWebSocket;
  /** Handles the server's upgrade requests. */
  attach(server: ServerType, connections: Connections): void;
}

const maxMessage = 16 * 1024; // bytes: viewers send short messages
const maxUnread = 1024 * 1024; // bytes waiting for a viewer, beyond which it is not read any more

type Sockets = ReturnType<typeof createNodeWebSocket>;
type OnUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>;

/**
 * Creates WebSockets by @hono/node-ws, and guards its weak spots: a request that is no WebSocket or has an invalid URL
 * makes it throw, it keeps the request of a handshake that fails for ever (as @hono/node-server did before 2.0.10), it
 * refuses with a bare status, and it takes messages of up to 100 MiB.
 */
export function createWebSockets({ request, protocols, closeTimeout }: WebSocketOptions): WebSockets {
  const answer: Handler["request"] = async (url, init, env: HttpBindings) => {
    const response = await request(url, init, env);
    const { socket } = env.incoming;
    const isAccepted = isExpected(env);
    if (isAccepted && response.status === 200 && socket.readable && socket.writable) return response;
    forget(env);
    if (isAccepted) return response; // node-ws forgets it too, and closes the socket
    await refuseWith(response, socket);
    throw new Refused();
  };
  const sockets = createNodeWebSocket({ app: { request: answer } as Hono });
  Object.assign(sockets.wss.options, {
    maxPayload: maxMessage,
    closeTimeout,
    handleProtocols: (offered: Set<string>) => protocols.find((name) => offered.has(name)) ?? false,
  });

  return {
    upgradeWebSocket(events) {
      const upgrade = sockets.upgradeWebSocket(events as never, { onError: reportUnlessErrorEvent });
      return async (context, next) => {
        if (context.env.outgoing === undefined) return await upgrade(context, next);
        context.header("Upgrade", "websocket");
        return context.json({ error: "Cannot upgrade: a proxy in between must pass on Connection: upgrade" }, 426);
      };
    },
    attach(server, connections) {
      watch(sockets, connections);
      const upgrade = upgradeListener(sockets);
      server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
        socket.on("error", () => socket.destroy()); // a reset before ws listens would end the process
        const error = handshakeError(request);
        if (error) refuse(socket, error);
        else upgrade(request, socket, head).catch((error) => error instanceof Refused || socket.destroy());
      });
    },
  };
}

/** Pings the WebSockets, and stops to read one that takes no more but goes on writing, as its answers would add up. */
function watch({ wss }: Sockets, connections: Connections): void {
  wss.on("connection", (webSocket, request: IncomingMessage) => {
    const { socket } = request;
    const connection: OpenConnection | undefined = connections.of(socket);
    connection?.becomeWebSocket(webSocket);
    const hear = () => {
      connection?.heard();
      if (webSocket.bufferedAmount <= maxUnread || webSocket.isPaused) return;
      webSocket.pause();
      socket.once("drain", () => webSocket.resume());
    };
    for (const event of ["message", "ping", "pong"] as const) webSocket.on(event, hear);
  });
}

/** Catches the listener that node-ws would add to a server, so that it is called only for requests it can handle. */
function upgradeListener({ injectWebSocket }: Sockets): OnUpgrade {
  let listener: OnUpgrade = async () => {};
  injectWebSocket({ on: (_: "upgrade", added: OnUpgrade) => (listener = added) } as never);
  return listener;
}

/** Thrown when an upgrade request has been answered, to keep node-ws from answering it again. */
class Refused extends Error {}

/** Answers an upgrade request with the app's whole response, or says that nothing there is a WebSocket. */
async function refuseWith(response: Response, socket: Socket): Promise<void> {
  const { status, headers } = response;
  if (status !== 200) {
    answerAndClose(socket, { status, headers, body: new Uint8Array(await response.arrayBuffer()) });
    return;
  }
  await response.body?.cancel();
  refuse(socket, { status: 400, error: "Cannot upgrade: this is no WebSocket; ask for it without Upgrade" });
}

/** Returns true if node-ws waits for the WebSocket of a request: it has left a symbol in the request's environment. */
function isExpected(env: HttpBindings): boolean {
  return Object.getOwnPropertySymbols(env).length > 0;
}

/** Makes node-ws treat a request as refused, which removes what it has kept of it. */
function forget(env: HttpBindings): void {
  for (const symbol of Object.getOwnPropertySymbols(env)) delete (env as { [key: symbol]: unknown })[symbol];
}

/** Ignores the ReferenceError of node-ws, which creates an ErrorEvent that Node 20 and 22 lack; `onClose` follows anyway. */
function reportUnlessErrorEvent(error: unknown): void {
  if (!(error instanceof ReferenceError)) console.error(error);
}
