import type { Context, MiddlewareHandler } from "hono";
import type { WSEvents } from "hono/ws";

/** Makes a route from WebSocket events. Hono's `upgradeWebSocket` for any runtime fits. */
export type UpgradeWebSocket = (createEvents: (context: Context) => WSEvents) => MiddlewareHandler;

/** Anything with the `fetch` and `request` of a Hono app. */
export interface Handler {
  // biome-ignore lint/suspicious/noExplicitAny: each runtime passes an environment of its own shape
  fetch(request: Request, env?: any): Response | Promise<Response>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  request(input: URL, init: RequestInit, env?: any): Response | Promise<Response>;
}

/** How many connections of all kinds a server has at the same time: one that says nothing yet, a viewer, a WebSocket. */
export interface ConnectionLimits {
  /** @default 2000; fewer where the system limits open files */
  readonly connections?: number | undefined;
  /** From one address other than this machine's own, behind which there may be a proxy. @default half of all */
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
   * Milliseconds in which every connection sends a whole request, takes some of its answer, or answers a ping; else it is
   * ended. @default 10000
   */
  readonly stallAfter?: number | undefined;
}

/** TLS certificate and private key, as the text of PEM files. */
export interface Certificate {
  /** The certificate, followed by its intermediates. */
  readonly cert: string;
  /** The private key, without a password. */
  readonly key: string;
}

/** A listening server. */
export interface Server {
  /** The port it listens on. */
  readonly port: number;
  /** Stops accepting connections, waits up to `grace` milliseconds for the open ones to end, then resets them. */
  close(grace: number): Promise<void>;
}

/**
 * Serves an app over HTTP.
 *
 * Calls `create` once, with the `upgradeWebSocket` that belongs to this server. Rejects with the system's error, whose
 * `code` is `EADDRINUSE` when the port is taken.
 */
export type Serve = (create: (upgradeWebSocket: UpgradeWebSocket) => Handler, options: ServeOptions) => Promise<Server>;
