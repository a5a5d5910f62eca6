import { setMaxListeners } from "node:events";
import { constants, type ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { Connection } from "../../session/connection.ts";
import type { Adapter } from "../adapter.ts";
import type { Kernel } from "../tcp-info.ts";
import { writeDirectly } from "./direct-body.ts";

const connections = new WeakMap<Socket, Connection>();

/** Returns {@link Adapter.connection} for servers of `node:http`: the same object for every request on a socket. */
export function createConnection({ queue }: Kernel): Adapter["connection"] {
  return (context) => {
    const { socket, stream }: Partial<Incoming> = context.env?.incoming ?? {};
    if (!socket) return {};
    if (stream) return streamConnection(stream, socket.remoteAddress ?? "");
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

/** The request of a server, as far as it matters here. */
interface Incoming {
  readonly socket: Socket;
  /** Stream of HTTP/2, which shares its socket with others. */
  readonly stream: ServerHttp2Stream;
}

/** Returns the connection of a request by HTTP/2: flow control holds back its data, so the kernel's queue tells nothing of it. */
function streamConnection(stream: ServerHttp2Stream, remote: string): Connection {
  const closed = new AbortController();
  stream.once("close", () => closed.abort());
  return { remote, closed: closed.signal, reset: () => stream.close(constants.NGHTTP2_CANCEL) };
}

/** Resets a connection, which discards data in the kernel's send queue. For TLS, resets the TCP socket below. */
function reset(socket: Socket): void {
  const { _parent: below } = socket as { _parent?: Socket };
  (below ?? socket).resetAndDestroy();
  socket.destroy();
}
