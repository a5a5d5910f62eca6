import type { WSContext } from "hono/ws";
import { buffered, drained } from "../socket.ts";
import type { ServerMessage } from "./message.ts";

/** Options for {@link Outbox}. */
export interface OutboxOptions {
  readonly socket: WSContext;
  /** Called once, when 64 messages have been dropped because the viewer does not read. */
  readonly onOverflow: () => void;
}

const maxUnread = 64 * 1024; // bytes
const maxDropped = 64; // messages

/**
 * Sends the messages of a connection other than frames and predictions, as long as the viewer reads them.
 *
 * Bound: 64 KiB of messages, and the one that exceeds them, while the runtime buffers more than 64 KiB for the viewer.
 * Further messages are dropped and counted in `dropped`. A message that must arrive is sent after {@link room}.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  #unread = 0; // bytes sent since the runtime last buffered at most 64 KiB
  #dropped = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Number of messages dropped. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Whether the next message would be sent. */
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

  /** Settles when the next message would be sent, or when `closed` is aborted. */
  room(closed: AbortSignal): Promise<void> {
    return drained(this.#options.socket, { highWaterMark: maxUnread, closed });
  }
}
