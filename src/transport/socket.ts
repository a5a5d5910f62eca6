import type { WSContext } from "hono/ws";

/** Bytes of short messages that may wait in the runtime: several come in a bunch, and a look at the queue takes 5 ms. */
export const textHighWaterMark: number = 16 * 1024;

const tick = 5; // milliseconds between two looks at what a connection still holds

/** Whether a few short messages may be added to what the runtime holds for a WebSocket. */
export function hasRoom(socket: WSContext): boolean {
  return buffered(socket) <= textHighWaterMark;
}

/** Settles when the runtime holds no more than `room` bytes for a WebSocket, or when `closed` is aborted. */
export async function drained(socket: WSContext, closed: AbortSignal, room = 0): Promise<void> {
  while (buffered(socket) > room && !closed.aborted) await new Promise((resolve) => setTimeout(resolve, tick));
}

/** Both ws and the standard's WebSocket tell; the standard's queue is otherwise without bound. */
function buffered({ raw }: WSContext): number {
  const { bufferedAmount = 0 } = (raw ?? {}) as { bufferedAmount?: number };
  return bufferedAmount;
}
