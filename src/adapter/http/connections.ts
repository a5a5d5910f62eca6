import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isLoopback } from "../../session/connection.ts";
import type { Kernel } from "../tcp-info.ts";
import { refuse } from "./answer.ts";
import { OpenConnection } from "./open-connection.ts";

/** Options for {@link Connections}. Times are milliseconds. */
export interface ConnectionsOptions {
  /** Maximum connections at the same time. */
  readonly limit: number;
  /** Maximum connections from one address, except from this machine. */
  readonly limitPerAddress: number;
  /** Time without progress after which a connection is closed. */
  readonly stallAfter: number;
  readonly kernel: Kernel;
}

const maxRefused = 16; // responses of 503 at the same time; further connections are closed without one
const maxPipelined = 64; // requests of a connection at the same time; more would flood the event loop
const minWait = 200; // milliseconds to send a request before the connection may be closed in favour of another
const checkInterval = { min: 20, max: 500 }; // milliseconds

/**
 * Open connections of a server: enforces the limits, and closes connections without progress.
 *
 * At the limit a new connection replaces one that has no request: the one that has waited longest, of the address with
 * most of them. If all connections are in use, the new one gets 503.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<Socket, OpenConnection>();
  readonly #byStream = new WeakMap<Socket, OpenConnection>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #isSecure: boolean;
  /** Number of connections so far; `refused` counts those of them that were over the limits. */
  accepted = 0;
  refused = 0;
  isClosing = false;
  #refusing = 0;
  #checkedAt = performance.now();

  /** Takes the place of the server's `connection` and `request` listeners, which must have been added before. */
  constructor(server: Server, options: ConnectionsOptions) {
    this.#options = options;
    this.#isSecure = "setSecureContext" in server;
    const listeners = server.listeners("connection");
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      if (!this.#admit(socket)) return;
      for (const listener of listeners) listener.call(server, socket);
    });
    server.on("secureConnection", (stream: Socket) => this.#secure(stream));
    const requestListeners = server.listeners("request");
    server.removeAllListeners("request");
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      if (!this.#begin(request, response)) return;
      for (const listener of requestListeners) listener.call(server, request, response);
    });
    const { min, max } = checkInterval;
    const interval = Math.min(Math.max(options.stallAfter / 20, min), max);
    this.#timer = setInterval(() => this.#check(interval), interval);
    this.#timer.unref();
  }

  /** Notes a request and the end of its response; returns false, and closes the connection, if too many are in progress. */
  #begin({ socket }: IncomingMessage, response: ServerResponse): boolean {
    const connection = this.of(socket);
    if (socket.destroyed || (connection?.requests ?? 0) >= maxPipelined) {
      socket.destroy();
      return false;
    }
    const end = connection?.beginRequest();
    response.once("close", () => {
      end?.();
      if (this.isClosing) connection?.stream.destroySoon();
    });
    return true;
  }

  /** Returns the connection of a TCP or TLS socket. */
  of(stream: Socket): OpenConnection | undefined {
    return this.#byStream.get(stream);
  }

  /** Closes connections once they have no request. Resets the rest after `grace` milliseconds, then settles. */
  async close(grace: number): Promise<void> {
    this.isClosing = true;
    for (const { stream, waitingSince } of this.#open.values()) if (waitingSince !== undefined) stream.destroySoon();
    const end = performance.now() + grace;
    while (this.#open.size > 0 && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const connection of this.#open.values()) connection.reset();
    clearInterval(this.#timer);
  }

  #admit(socket: Socket): boolean {
    this.accepted++;
    socket.on("error", () => socket.destroy());
    const { stallAfter, kernel } = this.#options;
    const address = socket.remoteAddress ?? "";
    const error = this.#isFull(address);
    if (error !== undefined) {
      this.#refuse(socket, error);
      return false;
    }
    const connection = new OpenConnection(socket, { stallAfter, queue: kernel.queue(socket) });
    this.#open.set(socket, connection);
    this.#byStream.set(socket, connection);
    socket.once("close", () => this.#open.delete(socket));
    return true;
  }

  /** Returns the error for a new connection from an address, or undefined after it has made room for one. */
  #isFull(address: string): string | undefined {
    const { limit, limitPerAddress } = this.#options;
    const ofAddress = () => [...this.#open.values()].filter((one) => one.address === address);
    if (!isLoopback(address) && this.#open.size >= limitPerAddress) {
      const own = ofAddress();
      if (own.length >= limitPerAddress && !this.#makeRoom(own))
        return "Too many connections from your address; close some, or raise limits.connections_per_address";
    }
    if (this.#open.size < limit || this.#makeRoom([...this.#open.values()])) return undefined;
    return "Too many connections; try again later";
  }

  /** Closes the longest waiting connection of the address with most of them; returns false if none waits. */
  #makeRoom(connections: readonly OpenConnection[]): boolean {
    const waiting = new Map<string, OpenConnection[]>();
    const before = performance.now() - minWait;
    for (const connection of connections) {
      const { waitingSince = before } = connection;
      if (waitingSince >= before) continue;
      const same = waiting.get(connection.address);
      if (same) same.push(connection);
      else waiting.set(connection.address, [connection]);
    }
    const [most] = [...waiting.values()].sort((one, other) => other.length - one.length);
    const longest = most?.reduce((one, other) => ((one.waitingSince ?? 0) <= (other.waitingSince ?? 0) ? one : other));
    if (!longest) return false;
    this.#open.delete(longest.socket); // its close event comes later
    longest.socket.destroy();
    return true;
  }

  /** Responds 503; destroys the socket instead for TLS, or if many responses are in progress. */
  #refuse(socket: Socket, error: string): void {
    this.refused++;
    if (this.#isSecure || this.#refusing >= maxRefused) return void socket.destroy();
    this.#refusing++;
    socket.once("close", () => this.#refusing--);
    refuse(socket, { status: 503, error, headers: [["retry-after", "10"]] });
  }

  /** Assigns a TLS socket to its connection, which has the same remote address and port. */
  #secure(stream: Socket): void {
    for (const connection of this.#open.values()) {
      const { remotePort, remoteAddress } = connection.socket;
      if (remotePort !== stream.remotePort || remoteAddress !== stream.remoteAddress) continue;
      connection.stream = stream;
      this.#byStream.set(stream, connection);
      return;
    }
  }

  #check(interval: number): void {
    const now = performance.now();
    const late = now - this.#checkedAt - interval;
    this.#checkedAt = now;
    for (const connection of this.#open.values()) {
      if (late > interval) connection.postpone(late); // the process was suspended or busy
      connection.check(now);
    }
  }
}
