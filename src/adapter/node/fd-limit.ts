import { readFileSync } from "node:fs";
import type { Server, Socket } from "node:net";

const reserve = 64; // descriptors for cameras, files, and connections that are being refused
const drainTimeout = 1000; // milliseconds for a refused client to read the answer

/**
 * Refuses connections with a 503 before file descriptors run out, because then no camera or file could be opened either.
 *
 * Reserves a tenth of the limit, and at least 64 descriptors. Refuses nothing where the limit is unknown.
 */
export function limitConnections(server: Server, limit: number | undefined = descriptorLimit()): void {
  if (limit === undefined) return;
  const maxOpen = Math.max(1, Math.floor(limit - Math.max(reserve, limit / 10)));
  const listeners = server.listeners("connection");
  let open = 0;
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    open++;
    socket.once("close", () => open--);
    if (open > maxOpen) refuse(socket, "setSecureContext" in server || open > maxOpen + reserve / 2);
    else for (const listener of listeners) listener.call(server, socket);
  });
}

/** Returns the soft limit of /proc/self/limits; undefined outside Linux, and where it is unlimited. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** Answers 503 and closes; with `silently`, closes only, for want of descriptors or because the client expects TLS. */
function refuse(socket: Socket, silently: boolean): void {
  socket.on("error", () => {});
  if (silently) return void socket.destroy();
  const body = '{"error":"All connections this server can have are taken"}';
  const head = ["HTTP/1.1 503 Service Unavailable", "Retry-After: 10", "Connection: close"];
  socket.resume(); // closing with unread data would reset the connection and lose the answer
  socket.end(`${head.join("\r\n")}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), drainTimeout).unref();
}
