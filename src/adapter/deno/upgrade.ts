import { WSContext } from "hono/ws";
import type { UpgradeWebSocket } from "../serve.ts";

/** Options for {@link createUpgradeWebSocket}. */
export interface UpgradeOptions {
  /** Accepts the WebSockets of servers of `node:http`. */
  readonly byNode: UpgradeWebSocket;
  /** Subprotocols to choose from, preferred first. */
  readonly protocols: readonly string[];
}

/**
 * Returns an `upgradeWebSocket` for the host's own `Deno.serve`, `deno serve` and servers of `node:http`.
 *
 * Unlike the one of hono/deno it chooses the subprotocol, and says why where Deno cannot upgrade.
 */
export function createUpgradeWebSocket({ byNode, protocols }: UpgradeOptions): UpgradeWebSocket {
  return (createEvents) => {
    const upgradeByNode = byNode(createEvents);
    return async (context, next) => {
      if (context.env?.incoming) return await upgradeByNode(context, next);
      const events = createEvents(context);
      const offered = context.req.header("sec-websocket-protocol")?.split(",") ?? [];
      const protocol = protocols.find((name) => offered.some((one) => one.trim() === name));
      try {
        const { response, socket } = Deno.upgradeWebSocket(context.req.raw);
        // Not by its option `protocol`, which does not find a name in a list without spaces.
        if (protocol !== undefined) response.headers.set("Sec-WebSocket-Protocol", protocol);
        const wrapped = new WSContext<WebSocket>({
          raw: socket,
          url: socket.url || null,
          protocol: protocol ?? null, // Deno does not report it
          get readyState() {
            return socket.readyState as WSContext["readyState"];
          },
          send: (data) => socket.send(data),
          close: (code, reason) => socket.close(code, reason),
        });
        socket.onopen = (event) => events.onOpen?.(event, wrapped);
        socket.onmessage = (event) => events.onMessage?.(event, wrapped);
        socket.onclose = (event) => events.onClose?.(event, wrapped);
        socket.onerror = (event) => events.onError?.(event, wrapped);
        return response;
      } catch (error) {
        const [status, why] = explain(context.req.header("connection"), error);
        if (status === 426) context.header("Upgrade", "websocket");
        return context.json({ error: `Cannot upgrade: ${why}` }, status);
      }
    };
  };
}

/** Explains an error of `Deno.upgradeWebSocket`. */
function explain(connection: string | undefined, error: unknown): [status: 400 | 426 | 501, why: string] {
  if (!/\bupgrade\b/i.test(connection ?? "")) return [426, "a proxy in between must forward Connection: upgrade"];
  const message = error instanceof Error ? error.message : String(error);
  if (/header/i.test(message)) return [400, message];
  return [
    501,
    `the host must pass on the request of its server, as app.route() does and app.mount() does not (${message})`,
  ];
}
