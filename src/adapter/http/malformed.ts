import type { Socket } from "node:net";
import { refuse } from "./answer.ts";

const malformed: Readonly<Record<string, readonly [status: number, error: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, "The headers of the request did not arrive in time"],
  HPE_HEADER_OVERFLOW: [431, "The headers of the request are too long"],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, "The chunk extensions of the request are too long"],
};

/** Responds to a malformed request with an error, unless another response is in progress. For `clientError` of a server. */
export function refuseMalformed(cause: NodeJS.ErrnoException, socket: Socket & { _httpMessage?: unknown }): void {
  if (!socket.writable || socket._httpMessage || cause.code === "ECONNRESET") return void socket.destroy();
  const [status, error] = malformed[cause.code ?? ""] ?? [400, "The request is malformed"];
  refuse(socket, { status, error });
}
