import type { WSContext } from "hono/ws";
import type { Drainable } from "../relay/drainable.ts";

/** One message of a WebSocket. */
export type Message = string | Uint8Array<ArrayBuffer>;

/** Options for {@link sendOver}. */
export interface SendOptions {
  /** Bytes that the runtime may hold when the next message goes. @default 0 */
  readonly highWaterMark?: number | undefined;
  /** Aborted when the socket has closed. */
  readonly closed: AbortSignal;
  /** Called when the messages have ended: with an error unless they ended well. @default nothing */
  readonly onEnd?: ((error?: unknown) => void) | undefined;
}

/** Bytes of short messages that the runtime may hold: several come in a bunch, and looking costs milliseconds. */
export const textHighWaterMark: number = 16 * 1024;

/** Milliseconds before each look at what the runtime holds; the last one is repeated. */
const lookDelays = [0, 0, 0, 1, 2, 5];

/**
 * Sends a branch's chunks over an open WebSocket, each as one message, the next when the runtime holds no more than
 * `highWaterMark` bytes. The chunks go to the socket without a stream in between, which costs a third of it.
 *
 * It ends with the branch, or lets go of it when the socket has closed.
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
    closed.removeEventListener("abort", abandon);
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
  const abandon = () => {
    void source.cancel(closed.reason);
    end();
  };
  closed.addEventListener("abort", abandon, { once: true });
  if (closed.aborted) abandon();
  else source.pull();
}

/** Settles when the runtime holds no more than `highWaterMark` bytes for a WebSocket, or when `closed` is aborted. */
export async function drained(
  socket: WSContext,
  { highWaterMark, closed }: { readonly highWaterMark: number; readonly closed: AbortSignal },
): Promise<void> {
  for (let look = 0; buffered(socket) > highWaterMark && !closed.aborted; look++) {
    const delay = lookDelays[Math.min(look, lookDelays.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, delay));
  }
}

/**
 * Returns how many bytes the runtime holds for a WebSocket. Both ws and the standard's WebSocket tell; the standard's queue
 * is otherwise without bound.
 */
export function buffered({ raw }: WSContext): number {
  const { bufferedAmount = 0 } = (raw ?? {}) as { bufferedAmount?: number };
  return bufferedAmount;
}
