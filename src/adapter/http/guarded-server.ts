import { type Server as HttpServer, IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionLimits, Handler } from "../serve.ts";
import type { Kernel } from "../tcp-info.ts";
import { refuse } from "./answer.ts";
import { connectionLimits } from "./connection-limits.ts";
import { Connections } from "./connections.ts";
import { refuseMalformed } from "./malformed.ts";
import { isWebSocket, Request } from "./request.ts";
import type { Upgrade, WebSockets } from "./websocket.ts";

/** Options for {@link GuardedServer}. */
export interface GuardedServerOptions extends ConnectionLimits {
  readonly kernel: Kernel;
  readonly webSockets: WebSockets;
  /** @default 10000 */
  readonly stallAfter?: number | undefined;
}

/** An app on a server of its host. */
export interface HostedApp {
  /** Path below which upgrades are the app's; "" is all. */
  readonly path: string;
  readonly app: Handler;
  readonly protocols: readonly string[];
}

const defaultRequestTimeout = 300_000; // milliseconds: Node's

/** A host's own server with the rules for connections and upgrades of ours. */
export class GuardedServer {
  readonly #server: HttpServer;
  readonly #webSockets: WebSockets;
  readonly #connections: Connections;
  readonly #apps: HostedApp[] = [];
  /** Emits `upgrade` to the host's own listeners. */
  readonly #emitUpgrade: (upgrade: Upgrade) => void;

  constructor(server: HttpServer, { kernel, webSockets, stallAfter = 10_000, ...limits }: GuardedServerOptions) {
    this.#server = server;
    this.#webSockets = webSockets;
    this.#connections = new Connections(server, { ...connectionLimits(limits, kernel), stallAfter, kernel });
    keepSessions(server, this.#connections);
    if (server.requestTimeout === defaultRequestTimeout) server.requestTimeout = 0; // a camera that pushes never ends
    ignoreOtherUpgrades(server);
    server.prependListener("request", ({ headers }: IncomingMessage, response: ServerResponse) => {
      if (headers.upgrade !== undefined) response.shouldKeepAlive = false; // its parser stops after it
    });
    if (server.listenerCount("clientError") === 0) server.on("clientError", refuseMalformed);
    const limitUnanswered = () => kernel.endUnanswered(server, stallAfter);
    if (server.listening) limitUnanswered();
    server.on("listening", limitUnanswered);

    // Upgrades of the app must not reach the host's other listeners, some of which refuse what is not theirs. Listeners may
    // be added at any time, so the event itself is intercepted.
    const emit = server.emit;
    this.#emitUpgrade = (upgrade) => void emit.call(server, "upgrade", ...upgrade);
    server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      if (event !== "upgrade") return Reflect.apply(emit, server, [event, ...args]);
      this.#upgrade(args as unknown as Upgrade);
      return true;
    };
    server.on("upgrade", () => {}); // without a listener node:http emits no event
  }

  /** Adds an app. Throws an `Error` if another one has its path. */
  add(hosted: HostedApp): void {
    if (this.#apps.some(({ path }) => path === hosted.path)) {
      const where = hosted.path === "" ? "without a path" : `at ${hosted.path}`;
      throw new Error(`Cannot serve a second app ${where}: give each app of a server a path of its own`);
    }
    this.#apps.push(hosted);
    this.#apps.sort((one, other) => other.path.length - one.path.length); // the longest path that matches wins
  }

  #upgrade(upgrade: Upgrade): void {
    const [request, stream] = upgrade;
    const socket = stream as Socket;
    this.#connections.of(socket)?.beginRequest(); // it stays in use until it closes, whoever takes it
    const { pathname = "" } = parse(request.url) ?? {};
    const hosted = this.#apps.find(({ path }) => pathname === path || pathname.startsWith(`${path}/`) || path === "");
    const leave = this.#server.listenerCount("upgrade") > 1 ? () => this.#emitUpgrade(upgrade) : undefined;
    if (hosted && isWebSocket(request)) {
      const { app, protocols } = hosted;
      this.#webSockets.upgrade(upgrade, { app, protocols, connections: this.#connections, leave });
    } else if (leave) leave();
    else {
      socket.on("error", () => socket.destroy());
      refuse(socket, { status: 400, error: "Cannot upgrade: there is nothing to upgrade to at this path" });
    }
  }
}

/** Has a server ignore upgrades other than to WebSockets, unless it has a class of its own for requests; see {@link Request}. */
function ignoreOtherUpgrades(server: HttpServer): void {
  const key = Object.getOwnPropertySymbols(server).find(({ description }) => description === "IncomingMessage");
  if (!key) return;
  const classes = server as unknown as { [key: symbol]: unknown };
  if (classes[key] === IncomingMessage) classes[key] = Request;
}

/** Keeps connections of HTTP/2 open without a request: the session of `node:http2` looks after them, and each stream is paced. */
function keepSessions(server: HttpServer, connections: Connections): void {
  const isPlain = "updateSettings" in server && !("setSecureContext" in server);
  if (isPlain) server.on("connection", (socket: Socket) => void connections.of(socket)?.beginRequest());
  server.on("secureConnection", (socket: Socket & { readonly alpnProtocol?: string }) => {
    if (socket.alpnProtocol === "h2") connections.of(socket)?.beginRequest();
  });
}

function parse(url = "/"): URL | undefined {
  return URL.canParse(url, "http://localhost") ? new URL(url, "http://localhost") : undefined;
}
