import type { WSContext } from "hono/ws";
import { buffered, drained } from "../socket.ts";
import type { ServerMessage } from "./message.ts";

/** Options for {@link Outbox}. */
export interface OutboxOptions {
  readonly socket: WSContext;
  /** Called once, when so many messages were dropped that the viewer cannot mean to read them. */
  readonly onOverflow: () => void;
}

const maxUnread = 64 * 1024; // bytes
const maxDropped = 64; // messages

/**
 * Sends the messages of a connection besides frames and predictions, as far as the viewer reads what it is sent.
 *
 * Bound: 64 KiB of messages while the runtime holds more than that for the viewer, and the message that goes beyond. Others
 * are dropped and counted in `dropped`; what must arrive waits for {@link room}.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #unread = 0; // bytes sent since the runtime last held few
  #dropped = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Messages dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether the next message is sent. */
  get hasRoom(): boolean {
    if (buffered(this.#options.socket) <= maxUnread) this.#unread = 0;
    return this.#unread < maxUnread;
  }

  /** Sends a message, or drops it while the viewer does not read. */
  send(message: ServerMessage): void {
    const { socket, onOverflow } = this.#options;
    if (socket.readyState !== 1) return; // Deno's throws when it is closed
    if (this.hasRoom) {
      const text = JSON.stringify(message);
      this.#unread += text.length;
      socket.send(text);
    } else if (++this.#dropped === maxDropped) onOverflow();
  }

  /** Settles when there is room again, or when `closed` is aborted. */
  room(closed: AbortSignal): Promise<void> {
    return drained(this.#options.socket, { highWaterMark: maxUnread, closed });
  }
}
