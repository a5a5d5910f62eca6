import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { isLoopback } from "../../session/connection.ts";
import type { Kernel } from "../tcp-info.ts";
import { refuse } from "./answer.ts";
import { OpenConnection } from "./open-connection.ts";

/** Options for {@link Connections}. Times are milliseconds. */
export interface ConnectionsOptions {
  /** Most connections at the same time. */
  readonly limit: number;
  /** Most connections from one address other than this machine's own. */
  readonly limitPerAddress: number;
  /** Time without progress after which a connection is ended. */
  readonly stallAfter: number;
  readonly kernel: Kernel;
}

const maxRefused = 16; // connections that are being told so; more are closed without a word
const minWait = 200; // milliseconds that a connection has to send its request before it gives way
const checkInterval = { min: 20, max: 500 }; // milliseconds

/**
 * All connections of a server, from their first byte on: it keeps them within their limits and ends those that make no
 * progress.
 *
 * When there is no room, the connection that has waited longest for a request gives way to a new one, among those of the
 * address that has most of them. When all are in use, the new one is answered 503.
 */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #open = new Map<Socket, OpenConnection>();
  readonly #byStream = new WeakMap<Socket, OpenConnection>();
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #isSecure: boolean;
  /** Connections that came, and those of them that were refused for want of room. */
  accepted = 0;
  refused = 0;
  isClosing = false;
  #refusing = 0;
  #checkedAt = performance.now();

  /** Stands before the server's own listeners of connections, so it is made once they are there. */
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
    server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
      const connection = this.of(socket);
      const end = connection?.beginRequest();
      response.once("close", () => {
        end?.();
        if (this.isClosing) connection?.stream.destroySoon();
      });
    });
    const { min, max } = checkInterval;
    const interval = Math.min(Math.max(options.stallAfter / 20, min), max);
    this.#timer = setInterval(() => this.#check(interval), interval);
    this.#timer.unref();
  }

  /** Returns the connection that a socket, or the TLS on it, belongs to. */
  of(stream: Socket): OpenConnection | undefined {
    return this.#byStream.get(stream);
  }

  /** Ends connections without a request, and others when they are answered. Settles when all are gone, within `grace`. */
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

  /** Returns why there is no room for one more connection from an address, after it has tried to make room. */
  #isFull(address: string): string | undefined {
    const { limit, limitPerAddress } = this.#options;
    const ofAddress = () => [...this.#open.values()].filter((one) => one.address === address);
    if (!isLoopback(address) && this.#open.size >= limitPerAddress) {
      const own = ofAddress();
      if (own.length >= limitPerAddress && !this.#makeRoom(own))
        return "All connections this server can have from your address are taken";
    }
    if (this.#open.size < limit || this.#makeRoom([...this.#open.values()])) return undefined;
    return "All connections this server can have are taken";
  }

  /** Ends the connection that has waited longest, of the address with most that wait; returns false if none waits. */
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
    this.#open.delete(longest.socket); // its close comes later
    longest.socket.destroy();
    return true;
  }

  /** Answers 503; closes only when many are being answered already, or the client expects TLS. */
  #refuse(socket: Socket, error: string): void {
    this.refused++;
    if (this.#isSecure || this.#refusing >= maxRefused) return void socket.destroy();
    this.#refusing++;
    socket.once("close", () => this.#refusing--);
    refuse(socket, { status: 503, error, headers: [["retry-after", "10"]] });
  }

  /** Finds the connection below a TLS socket by its other end, which is the same for both. */
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
      if (late > interval) connection.postpone(late); // this process was stopped, or had other things to do
      connection.check(now);
    }
  }
}
