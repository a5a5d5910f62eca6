import { connect, createServer, type Socket } from "node:net";
import type { Dial, Listen, SourceConnection } from "../../source/tcp.ts";
import { readableStream } from "./readable-stream.ts";

/** Opens a listening socket by `node:net`. */
export const listen: Listen = ({ hostname, port }) => {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.off("error", reject);
      resolve(
        new ReadableStream<SourceConnection>({
          start(controller) {
            server.on("connection", (socket) => controller.enqueue(incoming(socket)));
            server.on("error", (error) => controller.error(error));
          },
          cancel: () => void server.close(),
        }),
      );
    });
  });
};

/** Connects by `node:net`. */
export const dial: Dial = ({ hostname, port }, signal) => {
  return new Promise((resolve, reject) => {
    const socket = connect(port, hostname);
    const abort = () => void socket.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(incoming(socket));
    });
    socket.once("close", () => signal.removeEventListener("abort", abort));
  });
};

function incoming(socket: Socket): SourceConnection {
  socket.setKeepAlive(true, 1000);
  socket.on("error", () => {}); // the stream errors too
  return { readable: readableStream(socket), remote: `${socket.remoteAddress}:${socket.remotePort}` };
}
