import type { WSContext } from "hono/ws";
import type { Frame } from "../media/frame.ts";
import type { Session } from "../session/session.ts";
import { sendOver } from "./socket.ts";
import { type Viewable, type ViewerLimits, viewerBranch } from "./viewer.ts";

/** An open WebSocket, and when it has closed. */
export interface OpenSocket {
  readonly socket: WSContext;
  /** Aborted when the socket has closed. */
  readonly closed: AbortSignal;
}

/**
 * Sends a camera's frames over an open WebSocket, each as one binary message, the next one when the last has left. Closes
 * the socket with 1000 when the camera ends.
 */
export function sendFrames(
  pictures: Viewable<Frame>,
  session: Session,
  { socket, closed, ...limits }: ViewerLimits & OpenSocket,
): void {
  const encode = (frame: Frame) => frame.data;
  const frames = viewerBranch(pictures, session, { ...limits, encode, ...stallOptions(session, socket) });
  sendOver(socket, frames, { closed, onEnd: closeSocket(socket, session) });
}

/** Returns what ends a stalled viewer's WebSocket: its connection's reset, or a close where there is none. */
export function stallOptions({ connection }: Session, socket: WSContext): { readonly onStall: () => void } {
  return { onStall: () => (connection.reset ? connection.reset() : socket.close(1008, "No progress")) };
}

/** Returns what closes a socket when its messages have ended (RFC 6455, section 7.4.1). */
export function closeSocket(socket: WSContext, session: Session): (error?: unknown) => void {
  return (error) => {
    if (session.isExpired) socket.close(...expired);
    else if (error === undefined) socket.close(1000, "The camera has ended");
    else socket.close(1011, "The camera has failed");
  };
}

/** Code and reason of the end of a WebSocket whose signed URL has expired. */
export const expired: readonly [code: number, reason: string] = [1008, "The signed URL has expired"];
