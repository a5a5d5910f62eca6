import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/**
 * Request that is upgraded only to a WebSocket, and whose body arrives in few chunks.
 *
 * Any other `Upgrade` is ignored, as RFC 9110, section 7.8 permits: Node before version 24 passes every upgrade to the
 * server's `upgrade` listener, so that clients that offer `h2c` with each request (curl --http2, Java's HttpClient) would
 * get no response.
 *
 * The parser makes a chunk of each chunk of the transfer coding, however small, which costs much more to read than to
 * send. So the chunks of one read of the socket are joined.
 */
export class Request extends IncomingMessage {
  readonly #chunks: Buffer[] = [];

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

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      this.#flush();
      return super.push(null, encoding);
    }
    if (this.#chunks.push(chunk) === 1) setImmediate(() => this.#flush());
    return false; // until the chunks have been pushed and read
  }

  #flush(): void {
    const [first, ...others] = this.#chunks.splice(0);
    if (!first || this.destroyed) return;
    super.push(others.length === 0 ? first : Buffer.concat([first, ...others]));
    this.read(0); // resumes the socket: Deno would not, because no read was pending
  }
}

/** Tells whether the `Upgrade` header of a request is `websocket`, ignoring case. */
export function isWebSocket({ headers }: Pick<IncomingMessage, "headers">): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Writes the `Host` of a request as node-server requires it: it answers other spellings, such as `LocalHost:8000`, with 400
 * and without a word. The app gets the header as it was sent, and refuses a name that is not its own.
 */
export function normalizeHostHeader({ headers }: Pick<IncomingMessage, "headers">): void {
  if (!headers.host) return;
  const url = `http://${headers.host}`;
  headers.host = (URL.canParse(url) && new URL(url).host) || "invalid";
}
