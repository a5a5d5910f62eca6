import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * A request that is to be upgraded only if it asks for a WebSocket: any other `Upgrade` is ignored, as RFC 9110, section 7.8
 * permits. Without it Node before version 24 hands every upgrade to the server's `upgrade` listener, and clients that offer
 * `h2c` with each request (curl --http2, Java's HttpClient) would get no answer.
 */
export class Request extends IncomingMessage {
  constructor(socket: Socket) {
    super(socket);
    let isAsked = false;
    Object.defineProperty(this, "upgrade", {
      configurable: true,
      get: () => isAsked && (isWebSocket(this) || this.method === "CONNECT"),
      set(asked: boolean | null) {
        isAsked = asked === true;
      },
    });
  }
}

/** Returns true for a request whose `Upgrade` header asks for a WebSocket, in any case of letters. */
export function isWebSocket({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}
