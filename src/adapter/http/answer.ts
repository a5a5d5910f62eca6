import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** Response that is written to a socket without a request of `node:http`. */
export interface Answer {
  readonly status: number;
  /** Header fields in addition to `Connection` and `Content-Length`. @default none */
  readonly headers?: Iterable<readonly [string, string]> | undefined;
  readonly body: Uint8Array | string;
}

const readTimeout = 500; // milliseconds for the client to read the response

/** Sends a response on a socket and closes it. Destroys the socket after 500 ms if the client has not closed it. */
export function answerAndClose(socket: Socket, { status, headers = [], body }: Answer): void {
  socket.on("error", () => socket.destroy());
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const fields = new Map(headers).set("connection", "close").set("content-length", String(bytes.length));
  const head = [...fields].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.resume(); // closing with unread data would reset the connection and lose the response
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head}\r\n`);
  socket.end(bytes);
  const timer = setTimeout(() => socket.destroy(), readTimeout);
  socket.once("close", () => clearTimeout(timer));
}

/** Sends an error as JSON, `{ error }`, and closes the socket. */
export function refuse(
  socket: Socket,
  { status, error, headers = [] }: Pick<Answer, "status" | "headers"> & { readonly error: string },
): void {
  const fields = [["content-type", "application/json"], ...headers] as const;
  answerAndClose(socket, { status, headers: fields, body: JSON.stringify({ error }) });
}
