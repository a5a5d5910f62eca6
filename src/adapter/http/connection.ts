import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import type { Connection } from "../../session/connection.ts";
import type { Adapter } from "../adapter.ts";
import type { Kernel } from "../tcp-info.ts";
import { writeDirectly } from "./direct-body.ts";

const connections = new WeakMap<Socket, Connection>();

/** Returns {@link Adapter.connection} for servers of `node:http`: the same object for every request on a socket. */
export function createConnection({ queue }: Kernel): Adapter["connection"] {
  return (context) => {
    const socket: Socket | undefined = context.env?.incoming?.socket;
    if (!socket) return {};
    const known = connections.get(socket);
    if (known) return known;
    const closed = new AbortController();
    setMaxListeners(0, closed.signal); // one connection may carry many cameras
    socket.once("close", () => closed.abort());
    const made: Connection = {
      remote: socket.remoteAddress ?? "",
      closed: closed.signal,
      queue: queue(socket),
      reset: () => reset(socket),
      writeDirectly,
    };
    connections.set(socket, made);
    return made;
  };
}

/** Resets a connection, which discards data in the kernel's send queue. For TLS, resets the TCP socket below. */
function reset(socket: Socket): void {
  const { _parent: below } = socket as { _parent?: Socket };
  (below ?? socket).resetAndDestroy();
  socket.destroy();
}
