import type { Frame } from "../media/frame.ts";
import type { Session } from "../session.ts";
import { Rate } from "./rate.ts";

/** How a viewer looks at a camera; the relay's `View` of frames. */
export interface FrameView<U> {
  accepts?(frame: Frame): boolean;
  ready?(): Promise<void> | undefined;
  map?(frame: Frame): U;
  last?(): boolean;
  end?(): U | undefined;
  left?(): void;
  readonly signal?: AbortSignal | undefined;
}

/** A viewer's branch of a camera. */
export interface ViewerStream<U> extends ReadableStream<U> {
  /** How many frames were replaced by newer ones before the viewer could take them. */
  readonly discarded: number;
}

/** Gives a branch of a camera; whoever calls it reads the branch to its end or cancels it. */
export type Tee = <U>(view: FrameView<U>) => ViewerStream<U>;

/** Where a frame stands in what a viewer gets. */
export interface Position {
  readonly first: boolean;
  /** It is the last of the number of frames asked for. */
  readonly last: boolean;
}

/** What a viewer gets, and how much of it. */
export interface ViewerOptions<U> {
  readonly encode: (frame: Frame, position: Position) => U;
  /** What is sent before the stream closes. @default nothing */
  readonly end?: U | undefined;
  /** At most so many frames a second. @default all */
  readonly fps?: number | undefined;
  /** Ends after so many frames. @default never */
  readonly frames?: number | undefined;
}

/**
 * A viewer's stream: a frame is chosen and encoded at the moment the connection has room for it, and none is held.
 *
 * The stream is the camera's branch itself, with nothing in between where a frame could grow old. It begins the session
 * and ends it; it closes when the camera ends, when all frames asked for are sent, or when the connection is gone.
 */
export function viewer<U>(tee: Tee, session: Session, options: ViewerOptions<U>): ReadableStream<U> {
  const { encode, end, fps, frames = Number.POSITIVE_INFINITY } = options;
  const rate = new Rate(fps);
  let branch: ViewerStream<U> | undefined;
  session.begin(() => branch?.discarded ?? 0);
  branch = tee<U>({
    accepts(frame) {
      const taken = rate.takes(frame);
      if (!taken) session.countSkipped();
      return taken;
    },
    map(frame) {
      session.countSent();
      return encode(frame, { first: session.sent === 1, last: session.sent >= frames });
    },
    last: () => session.sent >= frames,
    end: () => end,
    left: () => session.end(),
    signal: session.connection.closed,
  });
  return branch;
}
