import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HttpBindings } from "@hono/node-server";
import { createNodeWebSocket } from "@hono/node-ws";
import type { Hono } from "hono";
import type { Handler, UpgradeWebSocket } from "../serve.ts";
import { answerAndClose, refuse } from "./answer.ts";
import type { Connections } from "./connections.ts";
import { handshakeError } from "./handshake.ts";
import type { OpenConnection } from "./open-connection.ts";

/** Options for {@link createWebSockets}. */
export interface WebSocketOptions {
  /** Milliseconds for the peer to complete a closing handshake. */
  readonly closeTimeout: number;
}

/** Arguments of the `upgrade` event of a server. */
export type Upgrade = readonly [request: IncomingMessage, socket: Duplex, head: Buffer<ArrayBuffer>];

/** The app that an upgrade request is passed to. */
export interface UpgradeTarget {
  readonly app: Handler;
  /** Subprotocols to choose from, preferred first. */
  readonly protocols: readonly string[];
  /** The connections of the server. */
  readonly connections: Connections;
  /** Passes on a request that no `upgradeWebSocket` of these WebSockets has handled. @default it is refused */
  readonly leave?: (() => void) | undefined;
}

/** WebSockets of one or more servers. */
export interface WebSockets {
  readonly upgradeWebSocket: UpgradeWebSocket;
  /** Handles an upgrade request. */
  upgrade(upgrade: Upgrade, target: UpgradeTarget): void;
}

const maxMessage = 16 * 1024; // bytes: viewers send short messages
const maxPerTurn = 1000; // messages, pings and pongs processed in one turn of the event loop: viewers send far fewer
const maxUnread = 1024 * 1024; // bytes waiting to be sent to a viewer, beyond which it is not read

type Sockets = ReturnType<typeof createNodeWebSocket>;
type WebSocket = Sockets["wss"]["clients"] extends Set<infer T> ? T : never;
type OnUpgrade = (request: IncomingMessage, socket: Socket, head: Buffer) => Promise<void>;

/**
 * Creates WebSockets with @hono/node-ws, and works around its defects.
 *
 * It throws for a request that is not a WebSocket or has an invalid URL, leaks the request of a failed handshake (as
 * @hono/node-server did before 2.0.10), refuses with a status alone, and accepts messages of up to 100 MiB.
 */
export function createWebSockets({ closeTimeout }: WebSocketOptions): WebSockets {
  const targets = new WeakMap<IncomingMessage, UpgradeTarget>();
  const handled = new WeakSet<IncomingMessage>(); // by our upgradeWebSocket; a host may have another one in the same app
  const targetOf = (request: IncomingMessage) => {
    const target = targets.get(request);
    if (!target) throw new Error("Cannot upgrade: the request belongs to no server");
    return target;
  };
  const answer: Handler["request"] = async (url, init, env: HttpBindings) => {
    const { app, leave } = targetOf(env.incoming);
    const response = await app.request(url, init, env);
    const { socket } = env.incoming;
    const isAccepted = handled.has(env.incoming) && isExpected(env);
    if (isAccepted && response.status === 200 && socket.readable && socket.writable) return response;
    forget(env);
    if (isAccepted) return response; // node-ws closes the socket
    if (leave && !handled.has(env.incoming)) {
      await response.body?.cancel();
      leave();
    } else await refuseWith(response, socket);
    throw new Refused();
  };
  const sockets = createNodeWebSocket({ app: { request: answer } as Hono });
  Object.assign(sockets.wss.options, {
    maxPayload: maxMessage,
    closeTimeout,
    handleProtocols: (offered: Set<string>, request: IncomingMessage) =>
      targetOf(request).protocols.find((name) => offered.has(name)) ?? false,
  });
  sockets.wss.on("connection", (webSocket, request: IncomingMessage) => {
    watch(webSocket, { connection: targetOf(request).connections.of(request.socket), socket: request.socket });
  });
  const upgrade = upgradeListener(sockets);

  return {
    upgradeWebSocket(events) {
      const upgrade = sockets.upgradeWebSocket(events as never, { onError: reportUnlessErrorEvent });
      return async (context, next) => {
        const { incoming, outgoing }: Partial<HttpBindings> = context.env ?? {};
        if (incoming && outgoing === undefined) {
          handled.add(incoming);
          return await upgrade(context, next);
        }
        context.header("Upgrade", "websocket");
        return context.json({ error: `Cannot upgrade: ${notUpgraded(incoming)}` }, 426);
      };
    },
    upgrade([request, stream, head], target) {
      const socket = stream as Socket; // it is one for every server of node:http
      socket.on("error", () => socket.destroy()); // a reset before ws listens would end the process
      const error = handshakeError(request);
      if (error) return refuse(socket, error);
      targets.set(request, target);
      upgrade(request, socket, head).catch((error) => error instanceof Refused || socket.destroy());
    },
  };
}

/** Explains why a request for a WebSocket came as an ordinary one. */
function notUpgraded(incoming: IncomingMessage | undefined): string {
  if (incoming === undefined) return "the host of the app did not pass on the request of its server";
  if (incoming.httpVersionMajor > 1) return "WebSockets need HTTP/1.1";
  return /\bupgrade\b/i.test(incoming.headers.connection ?? "")
    ? "the host of the app did not call serveInto() for its server"
    : "a proxy in between must forward Connection: upgrade";
}

/**
 * Has a WebSocket pinged, pauses reading from a peer that sends but does not receive responses, and ends one that floods the
 * server with tiny messages. (To process one message per turn, ws would defer them, and then an invalid frame crashes it.)
 */
function watch(
  webSocket: WebSocket,
  { connection, socket }: { readonly connection: OpenConnection | undefined; readonly socket: Socket },
): void {
  connection?.becomeWebSocket(webSocket);
  let inTurn = 0;
  const hear = () => {
    connection?.heard();
    if (inTurn++ === 0) setImmediate(() => (inTurn = 0));
    if (inTurn > maxPerTurn) return webSocket.terminate();
    if (webSocket.bufferedAmount <= maxUnread || webSocket.isPaused) return;
    webSocket.pause();
    socket.once("drain", () => webSocket.resume());
  };
  for (const event of ["message", "ping", "pong"] as const) webSocket.on(event, hear);
}

/** Returns the listener that node-ws would add to a server, to call it only for requests that it can handle. */
function upgradeListener({ injectWebSocket }: Sockets): OnUpgrade {
  let listener: OnUpgrade = async () => {};
  injectWebSocket({ on: (_: "upgrade", added: OnUpgrade) => (listener = added) } as never);
  return listener;
}

/** Thrown after the response to an upgrade request, to keep node-ws from sending another one. */
class Refused extends Error {}

/** Sends the app's response to an upgrade request; if that is a success, an error that the route is not a WebSocket. */
async function refuseWith(response: Response, socket: Socket): Promise<void> {
  const { status, headers } = response;
  if (status !== 200) {
    answerAndClose(socket, { status, headers, body: new Uint8Array(await response.arrayBuffer()) });
    return;
  }
  await response.body?.cancel();
  refuse(socket, { status: 400, error: "Cannot upgrade: this route is not a WebSocket; request it without Upgrade" });
}

/** Tells whether node-ws waits for the WebSocket of a request: it has left a symbol in the request's environment. */
function isExpected(env: HttpBindings): boolean {
  return Object.getOwnPropertySymbols(env).length > 0;
}

/** Makes node-ws treat a request as refused, so that it releases the request. */
function forget(env: HttpBindings): void {
  for (const symbol of Object.getOwnPropertySymbols(env)) delete (env as { [key: symbol]: unknown })[symbol];
}

/** Ignores the ReferenceError of node-ws, which creates an ErrorEvent that Node 20 and 22 lack; `onClose` follows anyway. */
function reportUnlessErrorEvent(error: unknown): void {
  if (!(error instanceof ReferenceError)) console.error(error);
}
