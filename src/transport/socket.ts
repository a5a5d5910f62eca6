import type { WSContext } from "hono/ws";
import type { Drainable } from "../relay/drainable.ts";

/** A WebSocket message, text or binary. */
export type Message = string | Uint8Array<ArrayBuffer>;

/** Options for {@link sendOver}. */
export interface SendOptions {
  /** Maximum bytes buffered by the runtime when the next message is sent. @default 0 */
  readonly highWaterMark?: number | undefined;
  /** Aborted when the socket has closed. */
  readonly closed: AbortSignal;
  /** Called when the messages have ended, with an error if they failed. @default nothing */
  readonly onEnd?: ((error?: unknown) => void) | undefined;
}

/** `highWaterMark` for short text messages: several arrive at once, and waiting for each to drain costs milliseconds. */
export const textHighWaterMark: number = 16 * 1024;

/** Milliseconds before each check of the buffer of the runtime; the last one is repeated. */
const pollDelays = [0, 0, 0, 1, 2, 5];

/**
 * Sends the chunks of a branch over an open WebSocket, one per message, each when the runtime has buffered no more than
 * `highWaterMark` bytes. Passes them to the socket without a stream in between, which would add a third to the cost.
 *
 * Ends when the branch does. Cancels the branch when the socket has closed.
 */
export function sendOver(
  socket: WSContext,
  messages: Drainable<Message>,
  { highWaterMark = 0, closed, onEnd }: SendOptions,
): void {
  let isOver = false;
  const end = (error?: unknown) => {
    if (isOver) return;
    isOver = true;
    closed.removeEventListener("abort", onClose);
    onEnd?.(error);
  };
  const source = messages.drainTo({
    enqueue(message) {
      if (message !== undefined && socket.readyState === 1) socket.send(message);
      if (buffered(socket) <= highWaterMark) source.pull();
      else void drained(socket, { highWaterMark, closed }).then(() => source.pull());
    },
    close: () => end(),
    error: (reason) => end(reason ?? new Error("unknown reason")),
  });
  const onClose = () => {
    void source.cancel(closed.reason);
    end();
  };
  closed.addEventListener("abort", onClose, { once: true });
  if (closed.aborted) onClose();
  else source.pull();
}

/** Settles when the runtime has buffered no more than `highWaterMark` bytes for a socket, or when `closed` is aborted. */
export async function drained(
  socket: WSContext,
  { highWaterMark, closed }: { readonly highWaterMark: number; readonly closed: AbortSignal },
): Promise<void> {
  for (let polls = 0; buffered(socket) > highWaterMark && !closed.aborted; polls++) {
    const delay = pollDelays[Math.min(polls, pollDelays.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

/**
 * Returns the bytes that the runtime has buffered for a WebSocket. Both ws and the standard WebSocket report them; their
 * buffers have no bound of their own.
 */
export function buffered({ raw }: WSContext): number {
  const { bufferedAmount = 0 } = (raw ?? {}) as { bufferedAmount?: number };
  return bufferedAmount;
}
