import { defineWebSocketHelper, WSContext } from "hono/ws";
import type { UpgradeWebSocket } from "../serve.ts";

const idleTimeout = 30; // seconds without an answer to a ping

/** Options for {@link createWebSockets}. */
export interface WebSocketOptions {
  /** Subprotocols to choose from, preferred first. */
  readonly protocols: readonly string[];
}

/** The WebSockets of one server. */
export interface WebSockets {
  readonly upgradeWebSocket: UpgradeWebSocket;
  /** Begins to close every open WebSocket, as a server that is going away. */
  close(): void;
}

/**
 * Creates WebSockets by `Deno.upgradeWebSocket`. Unlike `upgradeWebSocket` of `hono/deno` it accepts an `Upgrade` header in
 * any case of letters and chooses the subprotocol from the whole list that the client offers.
 */
export function createWebSockets({ protocols }: WebSocketOptions): WebSockets {
  const sockets = new Set<WebSocket>();
  const upgradeWebSocket: UpgradeWebSocket = defineWebSocketHelper<WebSocket>(async (context, events) => {
    if (context.req.header("upgrade")?.toLowerCase() !== "websocket") return;
    const offered = context.req.header("sec-websocket-protocol")?.split(",") ?? [];
    const protocol = protocols.find((name) => offered.some((other) => other.trim() === name)) ?? null;
    const { response, socket } = Deno.upgradeWebSocket(context.req.raw, { idleTimeout });
    if (protocol) response.headers.set("sec-websocket-protocol", protocol); // the `protocol` option rejects "a,b"
    const ws = new WSContext<WebSocket>({
      raw: socket,
      url: context.req.url,
      protocol,
      get readyState() {
        return socket.readyState as 0 | 1 | 2 | 3;
      },
      send: (data) => socket.send(data),
      close: (code, reason) => socket.close(code, reason),
    });
    socket.onopen = (event) => {
      sockets.add(socket);
      events.onOpen?.(event, ws);
    };
    socket.onmessage = (event) => events.onMessage?.(event, ws);
    socket.onerror = (event) => events.onError?.(event, ws);
    socket.onclose = (event) => {
      sockets.delete(socket);
      events.onClose?.(event, ws);
    };
    return response;
  });
  return {
    upgradeWebSocket,
    close() {
      for (const socket of sockets) socket.close(1001, "The server ends");
    },
  };
}
