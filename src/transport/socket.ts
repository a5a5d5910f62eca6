import type { WSContext } from "hono/ws";

const tick = 5; // milliseconds between two looks at what a connection still holds

/** Settles when the runtime holds no more bytes for a WebSocket, or when `closed` is aborted. */
export async function drained(socket: WSContext, closed: AbortSignal): Promise<void> {
  while (buffered(socket) > 0 && !closed.aborted) await new Promise((resolve) => setTimeout(resolve, tick));
}

/** Both ws and the standard's WebSocket tell; the standard's queue is otherwise without bound. */
function buffered({ raw }: WSContext): number {
  const { bufferedAmount = 0 } = (raw ?? {}) as { bufferedAmount?: number };
  return bufferedAmount;
}
