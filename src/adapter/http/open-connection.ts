import type { Socket } from "node:net";
import type { Connection } from "../../session/connection.ts";

/** Options for {@link OpenConnection}. */
export interface OpenConnectionOptions {
  /** Milliseconds without progress after which the connection is closed. */
  readonly stallAfter: number;
  /** Reads the kernel's send queue; undefined if the platform cannot. */
  readonly queue: Connection["queue"];
}

/** Part of a WebSocket that {@link OpenConnection} uses to check the peer. */
export interface Pingable {
  ping(): void;
}

const maxPingInterval = 15_000; // milliseconds; proxies close a connection after 30 to 60 s without data
const closeTimeout = 1000; // milliseconds for the peer to close after this end has

/**
 * One connection of a server, with the rule for all connections: within `stallAfter` the peer sends a whole request,
 * receives some of the data sent to it, or answers a ping.
 */
export class OpenConnection {
  readonly socket: Socket;
  /** Address of the peer. */
  readonly address: string;
  /** Socket that HTTP reads and writes: `socket`, or the TLS socket on top of it. */
  stream: Socket;
  readonly #options: OpenConnectionOptions;
  #requests = 0;
  #waitingSince: number;
  #progressAt: number;
  #endedAt: number | undefined;
  #delivered = 0; // bytes that the peer has received
  #webSocket: Pingable | undefined;
  #heardAt = 0;
  #isPinged = false;
  #ping = { from: 0, to: 0 }; // position of the latest ping in the bytes written

  constructor(socket: Socket, options: OpenConnectionOptions) {
    this.socket = socket;
    this.stream = socket;
    this.address = socket.remoteAddress ?? "";
    this.#options = options;
    this.#waitingSince = this.#progressAt = performance.now();
  }

  /** Time since which it has no request, in milliseconds of `performance.now()`; undefined while it has one. */
  get waitingSince(): number | undefined {
    return this.#requests === 0 ? this.#waitingSince : undefined;
  }

  /** Number of requests that wait for the end of their response. */
  get requests(): number {
    return this.#requests;
  }

  /** Notes the beginning of a response. Returns a function to call once, at the end of the response. */
  beginRequest(): () => void {
    this.#requests++;
    return () => {
      if (--this.#requests === 0) this.#waitingSince = performance.now();
    };
  }

  /** Notes that the connection has become a WebSocket, which {@link check} pings from now on. */
  becomeWebSocket(webSocket: Pingable): void {
    this.#requests++; // it stays in use until it closes
    this.#webSocket = webSocket;
    this.heard();
  }

  /** Notes that the peer of a WebSocket has sent a message, a ping or a pong. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#isPinged = false;
  }

  /** Closes the connection if it breaks the rule. Pings a WebSocket after half of `stallAfter` without a message, at most 15 s. */
  check(now: number): void {
    const { stallAfter } = this.#options;
    if (this.socket.destroyed) return;
    const isLate = this.#requests === 0 && now - this.#waitingSince >= stallAfter + closeTimeout; // after the 408
    if (isLate || this.#isClosed(now)) this.socket.destroy();
    else if (this.#isStalled(now) || this.#isMute(now)) this.reset();
  }

  /** Postpones all deadlines by the milliseconds during which this process did not run. */
  postpone(milliseconds: number): void {
    this.#waitingSince += milliseconds;
    this.#progressAt += milliseconds;
    this.#heardAt += milliseconds;
    if (this.#endedAt !== undefined) this.#endedAt += milliseconds;
  }

  /** Resets the connection, which discards data in the kernel's send queue. */
  reset(): void {
    this.socket.resetAndDestroy();
    this.stream.destroy();
  }

  /** Tells whether this end has closed and the peer has not followed in time. */
  #isClosed(now: number): boolean {
    if (!this.stream.writableEnded || this.stream.writableLength > 0) return false;
    this.#endedAt ??= now;
    return now - this.#endedAt >= closeTimeout;
  }

  /** Tells whether data is waiting to be sent and none of it has been received in time. */
  #isStalled(now: number): boolean {
    if (this.stream.writableLength > 0 && !this.#hasProgressed())
      return now - this.#progressAt >= this.#options.stallAfter;
    if (this.stream.writableLength > 0 || !this.#isPinged) this.#progressAt = now;
    return false;
  }

  /** Tells whether the peer of a WebSocket has neither answered a ping nor received data in time. */
  #isMute(now: number): boolean {
    const { stallAfter } = this.#options;
    if (!this.#webSocket || now - this.#heardAt < Math.min(stallAfter / 2, maxPingInterval)) return false;
    if (this.#isPinged) {
      if (this.#hasProgressed()) this.#progressAt = now; // the ping may be queued behind other data
      return now - Math.max(this.#heardAt, this.#progressAt) >= stallAfter;
    }
    const before = this.stream.bytesWritten;
    this.#webSocket.ping();
    this.#ping = { from: before, to: this.stream.bytesWritten };
    this.#isPinged = true;
    this.#progressAt = this.#heardAt;
    this.#delivered = Number.NEGATIVE_INFINITY; // only data received from here on counts
    this.#hasProgressed();
    return false;
  }

  #hasProgressed(): boolean {
    const held = this.stream.writableLength + (this.#options.queue?.()?.unacknowledged ?? 0);
    const { from, to } = this.#ping; // an acknowledgement of the ping itself is no progress
    const position = this.stream.bytesWritten - held;
    const delivered = position - Math.max(0, Math.min(position, to) - from);
    if (delivered <= this.#delivered) return false;
    this.#delivered = delivered;
    return true;
  }
}
