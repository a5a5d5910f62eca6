import type { Serve } from "../serve.ts";
import { createWebSockets } from "./websocket.ts";

const resumeDelay = 100; // milliseconds
const drainTimeout = 500; // milliseconds for connections to go once they were ended

/**
 * Serves an app by `Deno.serve`, which stops accepting when file descriptors run out although its open connections go
 * on. It is started again then, on the same port, so that a crowd does not end the program.
 */
export const serve: Serve = async (create, { hostname, port, tls, descriptor, protocols = [] }) => {
  if (descriptor !== undefined) throw new Error("Deno cannot take over a socket that listens already");
  const webSockets = createWebSockets({ protocols });
  const app = create(webSockets.upgradeWebSocket);
  const closed = new AbortController();
  let closing = false;
  const start = (port: number) => {
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
      { hostname, port, ...tls, onListen() {} },
      (request, { remoteAddr }) =>
        app.fetch(request, { remoteAddr, localPort: server.addr.port, closed: closed.signal }),
    );
    server.finished.catch((error) => {
      console.error(`Cannot accept connections for a moment: ${error instanceof Error ? error.message : error}`);
      setTimeout(resume, resumeDelay, server.addr.port);
    });
    return server;
  };
  const resume = (port: number) => {
    if (closing) return;
    try {
      server = start(port);
    } catch {
      setTimeout(resume, resumeDelay, port);
    }
  };
  let server = start(port);
  return {
    port: server.addr.port,
    async close(grace) {
      closing = true;
      const done = server.shutdown();
      await settledWithin(grace, done);
      // Deno cannot drop a connection, and aborting the `signal` of Deno.serve throws after shutdown(). Streams and
      // WebSockets end themselves; a connection whose peer reads nothing stays until this process ends.
      closed.abort();
      webSockets.close();
      await settledWithin(drainTimeout, done);
    },
  };
};

/** Waits for a promise, but no longer than so many milliseconds. */
async function settledWithin(milliseconds: number, done: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
