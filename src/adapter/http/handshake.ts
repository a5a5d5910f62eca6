import type { IncomingMessage } from "node:http";

/** Response to an invalid opening handshake of a WebSocket. */
export interface HandshakeError {
  readonly status: 400 | 405 | 426;
  readonly error: string;
  readonly headers?: readonly (readonly [string, string])[];
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Checks the opening handshake of a WebSocket (RFC 6455, section 4.2.1); returns undefined if it is valid. */
export function handshakeError({ method, url = "/", headers }: IncomingMessage): HandshakeError | undefined {
  const refused = (error: string): HandshakeError => ({ status: 400, error: `Cannot upgrade: ${error}` });
  const { "sec-websocket-key": key = "", "sec-websocket-version": version = "" } = headers;
  const protocols = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  if (method !== "GET") return { ...refused("a WebSocket begins with GET"), status: 405, headers: [["allow", "GET"]] };
  // A URL that names a host, as "//evil.example/ws" does, would replace the one that the app compares with Origin.
  if (!/^\/(?!\/)/.test(url) || !URL.canParse(url, "http://localhost")) return refused("the URL is invalid");
  if (!headers.host) return refused("Host is missing");
  if (!/^[+/0-9A-Za-z]{22}==$/.test(String(key))) {
    return refused("Sec-WebSocket-Key is missing or invalid; a proxy in between must forward it");
  }
  if (version !== "13") {
    const headers = [["sec-websocket-version", "13"]] as const;
    return { ...refused("Sec-WebSocket-Version is not 13"), status: 426, headers };
  }
  if (!protocols.every((name) => token.test(name)) || new Set(protocols).size < protocols.length) {
    return refused("Sec-WebSocket-Protocol is invalid");
  }
  return undefined;
}
