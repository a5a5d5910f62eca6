import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/** An answer written without a request of `node:http`. */
export interface Answer {
  readonly status: number;
  /** Besides `Connection: close` and the length of the body. */
  readonly headers?: Iterable<readonly [string, string]> | undefined;
  readonly body: Uint8Array | string;
}

const readTimeout = 500; // milliseconds for the client to read the answer

/** Answers on a socket and closes it: whatever the client does, the socket is destroyed within a second. */
export function answerAndClose(socket: Socket, { status, headers = [], body }: Answer): void {
  socket.on("error", () => socket.destroy());
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  const fields = new Map(headers).set("connection", "close").set("content-length", String(bytes.length));
  const head = [...fields].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  socket.resume(); // closing with unread data would reset the connection and lose the answer
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${head}\r\n`);
  socket.end(bytes);
  const timer = setTimeout(() => socket.destroy(), readTimeout);
  socket.once("close", () => clearTimeout(timer));
}

/** Answers with an error in words, as the app does. */
export function refuse(
  socket: Socket,
  { status, error, headers = [] }: Pick<Answer, "status" | "headers"> & { readonly error: string },
): void {
  const fields = [["content-type", "application/json"], ...headers] as const;
  answerAndClose(socket, { status, headers: fields, body: JSON.stringify({ error }) });
}
