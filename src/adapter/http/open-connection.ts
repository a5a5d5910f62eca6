import type { Socket } from "node:net";
import type { Connection } from "../../session/connection.ts";

/** Options for {@link OpenConnection}. */
export interface OpenConnectionOptions {
  /** Milliseconds without progress after which it is ended. */
  readonly stallAfter: number;
  /** Reads the kernel's send queue, where that is possible. */
  readonly queue: Connection["queue"];
}

/** The part of a WebSocket that {@link OpenConnection} asks whether the other end is still there. */
export interface Pingable {
  ping(): void;
}

const closeTimeout = 1000; // milliseconds for the other end to close when this end has

/**
 * One connection of a server, from its first byte to its last, and the one rule that holds for all of them: within
 * `stallAfter` it sends a whole request, takes some of what it was sent, or answers a ping.
 */
export class OpenConnection {
  readonly socket: Socket;
  /** Address of the other end. */
  readonly address: string;
  /** What HTTP reads and writes: the socket, or the TLS on it. */
  stream: Socket;
  readonly #options: OpenConnectionOptions;
  #requests = 0;
  #waitingSince: number;
  #progressAt: number;
  #endedAt: number | undefined;
  #delivered = 0; // bytes that have left for good
  #webSocket: Pingable | undefined;
  #heardAt = 0;
  #isPinged = false;
  #ping = { from: 0, to: 0 }; // where the latest ping lies among the bytes written

  constructor(socket: Socket, options: OpenConnectionOptions) {
    this.socket = socket;
    this.stream = socket;
    this.address = socket.remoteAddress ?? "";
    this.#options = options;
    this.#waitingSince = this.#progressAt = performance.now();
  }

  /** Milliseconds of `performance.now()` since which it has no request to answer; undefined while it has one. */
  get waitingSince(): number | undefined {
    return this.#requests === 0 ? this.#waitingSince : undefined;
  }

  /** Notes that a request begins to be answered; the function it returns notes the end of the answer. */
  beginRequest(): () => void {
    this.#requests++;
    return () => {
      if (--this.#requests === 0) this.#waitingSince = performance.now();
    };
  }

  /** Notes that it has become a WebSocket, which is pinged from now on. */
  becomeWebSocket(webSocket: Pingable): void {
    this.#requests++; // it is in use to its end
    this.#webSocket = webSocket;
    this.heard();
  }

  /** Notes that the other end of a WebSocket has sent something. */
  heard(): void {
    this.#heardAt = performance.now();
    this.#isPinged = false;
  }

  /** Ends the connection if it breaks the rule; a WebSocket is pinged in time. */
  check(now: number): void {
    const { stallAfter } = this.#options;
    if (this.socket.destroyed) return;
    const isLate = this.#requests === 0 && now - this.#waitingSince >= stallAfter + closeTimeout; // 408 is told first
    if (isLate || this.#isClosed(now)) this.socket.destroy();
    else if (this.#isStalled(now) || this.#isMute(now)) this.reset();
  }

  /** Leaves so many milliseconds out of account, in which this process did not run. */
  postpone(milliseconds: number): void {
    this.#waitingSince += milliseconds;
    this.#progressAt += milliseconds;
    this.#heardAt += milliseconds;
    if (this.#endedAt !== undefined) this.#endedAt += milliseconds;
  }

  /** Ends it at once, and drops what the kernel still holds, which `destroy()` alone does not. */
  reset(): void {
    this.socket.resetAndDestroy();
    this.stream.destroy();
  }

  /** Whether this end has closed and the other does not follow. */
  #isClosed(now: number): boolean {
    if (!this.stream.writableEnded || this.stream.writableLength > 0) return false;
    this.#endedAt ??= now;
    return now - this.#endedAt >= closeTimeout;
  }

  /** Whether what waits to be sent does not move. */
  #isStalled(now: number): boolean {
    if (this.stream.writableLength > 0 && !this.#hasProgressed())
      return now - this.#progressAt >= this.#options.stallAfter;
    if (this.stream.writableLength > 0 || !this.#isPinged) this.#progressAt = now;
    return false;
  }

  /** Whether a WebSocket has neither answered a ping nor taken anything. */
  #isMute(now: number): boolean {
    const { stallAfter } = this.#options;
    if (!this.#webSocket || now - this.#heardAt < stallAfter / 2) return false;
    if (this.#isPinged) {
      if (this.#hasProgressed()) this.#progressAt = now; // the ping may wait behind what it still takes
      return now - Math.max(this.#heardAt, this.#progressAt) >= stallAfter;
    }
    const before = this.stream.bytesWritten;
    this.#webSocket.ping();
    this.#ping = { from: before, to: this.stream.bytesWritten };
    this.#isPinged = true;
    this.#progressAt = this.#heardAt;
    this.#delivered = Number.NEGATIVE_INFINITY; // what is delivered from here on counts
    this.#hasProgressed();
    return false;
  }

  #hasProgressed(): boolean {
    const held = this.stream.writableLength + (this.#options.queue?.()?.unacknowledged ?? 0);
    const { from, to } = this.#ping; // that the other end's kernel has taken a ping says nothing
    const position = this.stream.bytesWritten - held;
    const delivered = position - Math.max(0, Math.min(position, to) - from);
    if (delivered <= this.#delivered) return false;
    this.#delivered = delivered;
    return true;
  }
}
