import type { Context, MiddlewareHandler } from "hono";
import type { WSEvents } from "hono/ws";

/**
 * Creates a route handler from WebSocket events. `upgradeWebSocket` of Hono has this type on every runtime; see
 * {@link Serve} for an example.
 */
export type UpgradeWebSocket = (createEvents: (context: Context) => WSEvents) => MiddlewareHandler;

/** A Hono app, or anything else with its `fetch` and `request`; see {@link Serve} for an example. */
export interface Handler {
  // biome-ignore lint/suspicious/noExplicitAny: each runtime passes an environment of its own shape
  fetch(request: Request, env?: any): Response | Promise<Response>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  request(input: URL, init: RequestInit, env?: any): Response | Promise<Response>;
}

/**
 * Maximum connections of a server at the same time, with and without a request.
 *
 * @example
 * ```ts
 * const limits = { connections: 500, connectionsPerAddress: 50 };
 * const server = await serve(() => app, { hostname: "0.0.0.0", port: 8000, ...limits });
 * ```
 */
export interface ConnectionLimits {
  /** Connections from all addresses. @default 2000; fewer where the system limits open files */
  readonly connections?: number | undefined;
  /** Connections from one address, except from this machine, where a proxy may run. @default half of `connections` */
  readonly connectionsPerAddress?: number | undefined;
}

/** Options for {@link Serve}. */
export interface ServeOptions extends ConnectionLimits {
  /** Address or name to listen on. */
  readonly hostname: string;
  /** Port to listen on; 0 lets the system choose. */
  readonly port: number;
  /** Serves HTTPS with this certificate. @default HTTP */
  readonly tls?: Certificate | undefined;
  /**
   * File descriptor of a socket that already listens, such as one passed by systemd. `hostname` and `port` are ignored
   * then. Rejects on Deno, which cannot adopt a socket.
   */
  readonly descriptor?: number | undefined;
  /**
   * WebSocket subprotocols the app speaks, preferred first (RFC 6455, section 4.2.2). A client gets the first one that it
   * offers too, or none. @default none; for `serve` of the library, `teecam.v1`
   */
  readonly protocols?: readonly string[] | undefined;
  /**
   * Milliseconds within which every connection sends a whole request, receives part of a response, or answers a ping.
   * It is closed otherwise. @default 10000
   */
  readonly stallAfter?: number | undefined;
}

/**
 * TLS certificate and private key, as the text of PEM files.
 *
 * @example
 * ```ts
 * const tls = { cert: await readFile("cert.pem", "utf8"), key: await readFile("key.pem", "utf8") };
 * const server = await serve(() => app, { hostname: "0.0.0.0", port: 443, tls });
 * ```
 */
export interface Certificate {
  /** The certificate, followed by its intermediates. */
  readonly cert: string;
  /** The private key, without a password. */
  readonly key: string;
}

/** A listening server; see {@link Serve} for an example. */
export interface Server {
  /** The port it listens on. */
  readonly port: number;
  /** Stops accepting connections, waits up to `grace` milliseconds for the open ones to end, then resets them. */
  close(grace: number): Promise<void>;
}

/**
 * A server of `node:http`, `node:https` or `node:http2` that listens or will listen, on Node or Deno; see {@link ServeInto}
 * for an example.
 */
export interface HostServer {
  // biome-ignore lint/suspicious/noExplicitAny: each event has arguments of its own
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** Options for {@link ServeInto}. */
export interface ServeIntoOptions extends ConnectionLimits, Pick<ServeOptions, "protocols" | "stallAfter"> {
  /**
   * Path of the app on a server that is not Hono's, such as `/cams`: requests and upgrades below it are the app's, all others
   * the host's. @default the app answers for all paths, or is mounted in a Hono app that does
   */
  readonly path?: string | undefined;
}

/**
 * Answers the requests of a server of `node:http`: a listener of its `request` event, and middleware of Express and Connect.
 * See {@link ServeInto} for an example.
 */
export type RequestListener = (request: object, response: object) => void;

/**
 * Serves an app on the host's own server, on Node or Deno, and guards that server as `serve` guards its own.
 *
 * It accepts WebSockets for `upgradeWebSocket`; refuses malformed requests and impossible upgrades in words, where
 * @hono/node-ws lets them end the process; limits connections; and closes those without progress, other than upgrades of
 * the host. Upgrades that are not the app's go to the other `upgrade` listeners of the server. It lifts `requestTimeout` if
 * that is Node's default, since a camera that pushes never ends its request.
 *
 * Call it once for each app, before the server listens. Hono's `serve` needs no more; on other servers requests must reach
 * the returned listener, and `path` says where. Throws a `TypeError` for what is not such a server, and for a path that
 * cannot be one.
 *
 * @example
 * ```ts
 * // Hono: teecam is mounted in an app
 * const app = new Hono().route("/cams", createApp({ cameras }));
 * serveInto(serve({ fetch: app.fetch, port: 8000 }), app);
 *
 * // Express
 * const web = express();
 * const server = createServer(web);
 * web.use("/cams", serveInto(server, createApp({ cameras }), { path: "/cams" }));
 * server.listen(8000);
 * ```
 */
export type ServeInto = (server: HostServer, app: Handler, options?: ServeIntoOptions) => RequestListener;

/**
 * Serves an app over HTTP.
 *
 * Calls `create` once, with the `upgradeWebSocket` that belongs to this server. Rejects with the system's error, whose
 * `code` is `EADDRINUSE` when the port is taken.
 *
 * @example
 * ```ts
 * const options = { hostname: "127.0.0.1", port: 0 };
 * const server = await serve((upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection }), options);
 * console.log(`Listening on port ${server.port}`);
 * await server.close(1000);
 * ```
 */
export type Serve = (create: (upgradeWebSocket: UpgradeWebSocket) => Handler, options: ServeOptions) => Promise<Server>;
