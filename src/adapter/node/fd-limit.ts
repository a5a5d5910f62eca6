import { readFileSync } from "node:fs";
import type { Server, Socket } from "node:net";

const reserve = 64; // descriptors for cameras, files, and answers to those who are refused
const drainTimeout = 1000; // milliseconds to read why

/**
 * Refuses connections with a 503 before descriptors run out, since then nothing can be opened any more: no camera, no
 * file, no connection.
 *
 * A tenth of what the system allows is kept back, and 64 at least. Where the system does not say what it allows, nobody
 * is refused.
 */
export function limitConnections(server: Server, limit: number | undefined = descriptorLimit()): void {
  if (limit === undefined) return;
  const most = Math.max(1, Math.floor(limit - Math.max(reserve, limit / 10)));
  const listeners = server.listeners("connection");
  let open = 0;
  server.removeAllListeners("connection");
  server.on("connection", (socket: Socket) => {
    open++;
    socket.once("close", () => open--);
    if (open > most) refuse(socket, "setSecureContext" in server || open > most + reserve / 2);
    else for (const listener of listeners) listener.call(server, socket);
  });
}

/** How many descriptors this process may have open; undefined elsewhere than on Linux, or where that is no number. */
export function descriptorLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** `atOnce` without a word, where there is no room for more of them, or where TLS would have to be spoken. */
function refuse(socket: Socket, atOnce: boolean): void {
  socket.on("error", () => {});
  if (atOnce) return void socket.destroy();
  const body = '{"error":"All connections this server can have are taken"}';
  const head = ["HTTP/1.1 503 Service Unavailable", "Retry-After: 10", "Connection: close"];
  socket.resume(); // a request that is not read would reset the connection, and the answer with it
  socket.end(`${head.join("\r\n")}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  setTimeout(() => socket.destroy(), drainTimeout).unref();
}
