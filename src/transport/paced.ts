import type { Frame } from "../media/frame.ts";
import type { Session } from "../session.ts";
import { Rate } from "./rate.ts";

/** A reader's way to a camera: the newest frame at the moment of reading. */
export interface FrameBranch extends ReadableStream<Frame> {
  /** How many frames were replaced by newer ones before this reader came for them. */
  readonly discarded: number;
}

/** Gives a new branch, which whoever calls it reads to its end or cancels. */
export type Tee = () => FrameBranch;

/** Where a frame stands in what a viewer gets. */
export interface Position {
  readonly first: boolean;
  /** It is the last of the number of frames asked for. */
  readonly last: boolean;
}

/** What {@link paced} makes of frames. */
export interface PacedOptions<T> {
  readonly encode: (frame: Frame, position: Position) => T;
  /** What is sent before the stream closes, whether or not the end was foreseen. */
  readonly end?: T | undefined;
  /** At most so many frames a second. @default all */
  readonly fps?: number | undefined;
  /** Ends after so many frames. @default never */
  readonly frames?: number | undefined;
}

/**
 * A viewer's stream: a frame is chosen and encoded at the moment the connection has room for it, and none is held.
 *
 * It subscribes, and begins the session, when it is first read: a body that nobody reads, such as a HEAD request's,
 * leaves nothing behind. It closes when the camera ends or all frames asked for are sent. Cancelling it, or the end of the
 * session's connection, lets go of its branch at once.
 */
export function paced<T>(tee: Tee, session: Session, options: PacedOptions<T>): ReadableStream<T> {
  const { encode, end, frames = Number.POSITIVE_INFINITY } = options;
  const rate = new Rate(options.fps);
  const gone = session.connection.closed;
  let reader: ReadableStreamDefaultReader<Frame> | undefined;

  const subscribe = () => {
    const branch = tee();
    session.begin(() => branch.discarded);
    gone?.addEventListener("abort", leave, { once: true });
    reader = branch.getReader();
    if (gone?.aborted) leave();
    return reader;
  };
  const leave = (reason?: unknown) => {
    gone?.removeEventListener("abort", leave);
    session.end();
    return reader?.cancel(reason);
  };

  return new ReadableStream<T>(
    {
      async pull(controller) {
        reader ??= subscribe();
        for (;;) {
          const { done, value: frame } = await reader.read();
          if (!done && !rate.takes(frame)) {
            session.countSkipped();
            continue;
          }
          let last = done;
          if (!done) {
            session.countSent();
            last = session.sent >= frames;
            controller.enqueue(encode(frame, { first: session.sent === 1, last }));
          }
          if (last) {
            if (end !== undefined) controller.enqueue(end);
            await leave();
            controller.close();
          }
          return;
        }
      },
      cancel: leave,
    },
    { highWaterMark: 0 },
  );
}
