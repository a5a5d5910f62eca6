import type { Context } from "hono";
import { defineWebSocketHelper, WSContext } from "hono/ws";
import { type Serve, subprotocol, type UpgradeWebSocket } from "../../serve.ts";
import type { Connection } from "../../session/connection.ts";
import { kernelConnection } from "./tcp-info.ts";

export { descriptorLimit } from "./fd-limit.ts";
export { dial, listen, program, spawn, stdin } from "./spawn.ts";

/** The runtime's name and version. */
export const runtime: string = `Deno ${Deno.version.deno}`;

/** This process's number. */
export const pid: number = Deno.pid;

/** Whether people read along: standard error is a terminal. */
export function isTerminal(): boolean {
  return Deno.stderr.isTerminal();
}

/** The words of the command line behind the program's name. */
export const args: readonly string[] = Deno.args;

/** Ends the program; what children are left die with it. */
export function exit(code: number): never {
  Deno.exit(code);
}

/** Calls `handle` whenever the program is asked to end. */
export function onTerminate(handle: (signal: "SIGINT" | "SIGTERM") => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, () => handle(signal));
}

/** Calls `handle` at each SIGHUP, which asks to read the configuration again, or tells that the terminal is gone. */
export function onHangup(handle: () => void): void {
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGHUP", handle);
}

/** From now on what is written when nobody reads it any more, since a terminal or a pipe is gone, is lost without a word. */
export function ignoreBrokenPipe(): void {} // the console does so here

let variables: Readonly<Record<string, string | undefined>> | undefined;

/** The variables of the environment, as they were when they were first asked for. */
export function environment(): Readonly<Record<string, string | undefined>> {
  variables ??= Deno.env.toObject();
  return variables;
}

/** Keeps variables from the programs that are started from now on. */
export function unsetEnv(names: readonly string[]): void {
  environment();
  for (const name of names) Deno.env.delete(name);
}

/** What is known of the connection a request came over. */
export function connection(context: Context): Connection {
  const address: Deno.Addr | undefined = context.env?.remoteAddr;
  if (!address || !("hostname" in address)) return {};
  const kernel = kernelConnection({
    localPort: context.env.localPort,
    remoteAddress: address.hostname,
    remotePort: address.port,
  });
  return { remote: address.hostname, closed: context.env.closed, queue: kernel?.queue, reset: kernel?.reset };
}

/** As `hono/deno` does it, but for any spelling of the headers: that one wants "websocket" in small letters. */
const upgradeWebSocket: UpgradeWebSocket = defineWebSocketHelper<WebSocket>(async (context, events) => {
  if (context.req.header("upgrade")?.toLowerCase() !== "websocket") return;
  const offered = context.req.header("sec-websocket-protocol")?.split(",") ?? [];
  const protocol = offered.some((name) => name.trim() === subprotocol) ? subprotocol : null;
  const { response, socket } = Deno.upgradeWebSocket(context.req.raw, { idleTimeout: 30 });
  if (protocol) response.headers.set("sec-websocket-protocol", protocol); // its option fails on a list without spaces
  const ws = new WSContext<WebSocket>({
    raw: socket,
    url: context.req.url,
    protocol,
    get readyState() {
      return socket.readyState as 0 | 1 | 2 | 3;
    },
    send: (data) => socket.send(data),
    close: (code, reason) => socket.close(code, reason),
  });
  const sockets: Set<WebSocket> | undefined = context.env?.sockets;
  socket.onopen = (event) => {
    sockets?.add(socket);
    events.onOpen?.(event, ws);
  };
  socket.onmessage = (event) => events.onMessage?.(event, ws);
  socket.onerror = (event) => events.onError?.(event, ws);
  socket.onclose = (event) => {
    sockets?.delete(socket);
    events.onClose?.(event, ws);
  };
  return response;
});

const again = 100; // milliseconds
const drainTimeout = 500; // milliseconds for what is ended to be gone

/**
 * Serves an app by Deno.serve. That one ends when descriptors have run out, though its connections go on; it is begun
 * anew then, so that a crowd does not end the program.
 */
export const serve: Serve = async (create, { hostname, port, tls, descriptor }) => {
  if (descriptor !== undefined) throw new Error("Deno cannot take over a socket that listens already");
  const app = create(upgradeWebSocket);
  const over = new AbortController();
  const sockets = new Set<WebSocket>();
  let closing = false;
  const begin = (port: number) => {
    const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
      { hostname, port, ...tls, onListen() {} },
      (request, { remoteAddr }) =>
        app.fetch(request, { remoteAddr, localPort: server.addr.port, closed: over.signal, sockets }),
    );
    server.finished.catch((error) => {
      console.error(`Cannot accept connections for a moment: ${error instanceof Error ? error.message : error}`);
      setTimeout(resume, again, server.addr.port);
    });
    return server;
  };
  const resume = (port: number) => {
    if (closing) return;
    try {
      server = begin(port);
    } catch {
      setTimeout(resume, again, port);
    }
  };
  let server = begin(port);
  return {
    port: server.addr.port,
    async close(grace) {
      closing = true;
      const done = server.shutdown();
      await within(grace, done);
      // Deno ends no connection for us, and its `signal` throws after this: streams and sockets end themselves, and what
      // stays then, because its peer takes nothing, stays until the program ends.
      over.abort();
      for (const socket of sockets) socket.close(1001, "The server ends");
      await within(drainTimeout, done);
    },
  };
};

async function within(milliseconds: number, done: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
