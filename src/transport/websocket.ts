import type { WSContext } from "hono/ws";
import type { Session } from "../session.ts";
import { type Limits, type Tee, viewer } from "./viewer.ts";

const tick = 5; // milliseconds between two looks at how much a connection still holds

/**
 * Sends a camera's frames over an open WebSocket, each as one binary message, the next one when the last has left.
 *
 * Settles when the camera ends, having closed the socket with 1000, or when `closed` is aborted, as whoever owns the
 * socket does when it closes. It never rejects.
 */
export async function sendFrames(
  tee: Tee,
  session: Session,
  { socket, closed, ...limits }: Limits & { readonly socket: WSContext; readonly closed: AbortSignal },
): Promise<void> {
  const frames = viewer(tee, session, { ...limits, encode: (frame) => frame.data });
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(jpeg) {
      socket.send(jpeg);
      while (buffered(socket) > 0 && !closed.aborted) await sleep(tick);
    },
    close: () => socket.close(1000, "The camera has ended"),
  });
  await frames.pipeTo(sink, { signal: closed }).catch(() => {});
}

/** Bytes that the runtime still holds for a connection: both ws and the standard's WebSocket tell. */
function buffered({ raw }: WSContext): number {
  const { bufferedAmount = 0 } = (raw ?? {}) as { bufferedAmount?: number };
  return bufferedAmount;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
