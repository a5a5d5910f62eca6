import type { Context, MiddlewareHandler } from "hono";
import type { WSEvents } from "hono/ws";

/** The WebSocket subprotocol that carries many cameras; an adapter chooses it if it is offered, and otherwise none. */
export const subprotocol = "teecam.v1";

/** Makes a route of WebSocket events; Hono's `upgradeWebSocket` of any runtime is one. */
export type UpgradeWebSocket = (createEvents: (context: Context) => WSEvents) => MiddlewareHandler;

/** Anything with the `fetch` and `request` of a Hono app. */
export interface Handler {
  // biome-ignore lint/suspicious/noExplicitAny: each runtime hands in an environment of its own shape
  fetch(request: Request, env?: any): Response | Promise<Response>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  request(input: URL, init: RequestInit, env?: any): Response | Promise<Response>;
}

/** Where to listen. */
export interface ServeOptions {
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Serves HTTPS. @default HTTP */
  readonly tls?: Certificate | undefined;
  /**
   * A socket that listens already, handed over by whoever started the program; `hostname` and `port` are not used then.
   * Deno cannot take one over, and rejects.
   */
  readonly descriptor?: number | undefined;
}

/** What a server proves its name with, as the text of PEM files. */
export interface Certificate {
  /** The certificate, and those between it and a known authority. */
  readonly cert: string;
  readonly key: string;
}

/** A server that listens. */
export interface Server {
  /** The port it listens on. */
  readonly port: number;
  /** Takes no new connections, waits up to `grace` milliseconds for the open ones to end, then ends them. */
  close(grace: number): Promise<void>;
}

/**
 * Serves an app over HTTP, as each adapter does it for its runtime.
 *
 * `create` is called once, with the `upgradeWebSocket` that belongs to this server. Rejects with the system's error,
 * whose `code` is `EADDRINUSE` when the port is taken.
 */
export type Serve = (create: (upgradeWebSocket: UpgradeWebSocket) => Handler, options: ServeOptions) => Promise<Server>;
