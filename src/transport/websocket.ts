import type { WSContext } from "hono/ws";
import type { Session } from "../session/session.ts";
import { drained, textHighWaterMark } from "./socket.ts";
import { type Limits, type Tee, viewer } from "./viewer.ts";

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
      await drained(socket, closed);
    },
    close: () => socket.close(1000, "The camera has ended"),
  });
  await frames.pipeTo(sink, { signal: closed }).catch(() => {});
}

/**
 * Sends texts over an open WebSocket, each as one message, the next one when the last has left.
 *
 * Settles when `texts` end, having closed the socket with 1000, or when `closed` is aborted. It never rejects.
 */
export async function sendTexts(
  texts: ReadableStream<string>,
  { socket, closed }: { readonly socket: WSContext; readonly closed: AbortSignal },
): Promise<void> {
  const sink = new WritableStream<string>({
    async write(text) {
      if (socket.readyState === 1) socket.send(text);
      await drained(socket, closed, textHighWaterMark);
    },
    close: () => socket.close(1000, "The camera has ended"),
  });
  await texts.pipeTo(sink, { signal: closed }).catch(() => {});
}
