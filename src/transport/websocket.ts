import type { WSContext } from "hono/ws";
import type { Frame } from "../media/frame.ts";
import type { Session } from "../session/session.ts";
import { sendOver } from "./socket.ts";
import { type DeliveryOptions, type Teeable, viewerBranch } from "./viewer.ts";

/** An open WebSocket, and the signal that it has closed. */
export interface OpenSocket {
  readonly socket: WSContext;
  /** Aborted when the socket has closed. */
  readonly closed: AbortSignal;
}

/**
 * Sends a camera's frames over an open WebSocket, one per binary message, each when the previous one has been sent. Closes
 * the socket with 1000 when the camera ends.
 */
export function sendFrames(
  pictures: Teeable<Frame>,
  session: Session,
  { socket, closed, ...options }: DeliveryOptions & OpenSocket,
): void {
  const encode = (frame: Frame) => frame.data;
  const frames = viewerBranch(pictures, session, { ...options, encode, ...stallOptions(session, socket) });
  sendOver(socket, frames, { closed, onEnd: closeSocket(socket, session) });
}

/** Returns the `onStall` of a WebSocket: resets its connection or, where that is impossible, closes the socket with 1008. */
export function stallOptions({ connection }: Session, socket: WSContext): { readonly onStall: () => void } {
  return { onStall: () => (connection.reset ? connection.reset() : socket.close(1008, "No progress")) };
}

/** Returns the `onEnd` of a WebSocket: closes it with 1000, or with 1011 after an error (RFC 6455, section 7.4.1). */
export function closeSocket(socket: WSContext, session: Session): (error?: unknown) => void {
  return (error) => {
    if (session.isExpired) socket.close(...expired);
    else if (error === undefined) socket.close(1000, "The camera has ended");
    else socket.close(1011, "The camera has failed");
  };
}

/** Code and reason of the end of a WebSocket whose signed URL has expired. */
export const expired: readonly [code: number, reason: string] = [1008, "The signed URL has expired"];
