import type { Frame } from "../media/frame.ts";
import { FrameRateLimiter } from "../media/frame-rate-limiter.ts";
import { KernelPacer, type Pacer } from "../pacing/pacer.ts";
import type { Session } from "../session/session.ts";

/** How a viewer looks at a camera; the relay's `View` of frames. */
export interface FrameView<U> {
  accepts?(frame: Frame): boolean;
  wanted?(): void;
  ready?(): Promise<void> | undefined;
  expired?(frame: Frame): boolean;
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
export interface ViewerOptions extends Limits {
  readonly encode: (frame: Frame, position: Position) => Uint8Array<ArrayBuffer>;
  /** What is sent before the stream closes. @default nothing */
  readonly end?: Uint8Array<ArrayBuffer> | undefined;
  /** What paces it. @default what its connection can tell */
  readonly pace?: Pacer | undefined;
}

/** How much a viewer wants, and how long it is waited for. */
export interface Limits {
  /** At most so many frames a second. @default all */
  readonly fps?: number | undefined;
  /** Ends after so many frames. @default never */
  readonly frames?: number | undefined;
  /** Milliseconds: a frame older than that is not sent. @default 5000 */
  readonly maxAge?: number | undefined;
  /** Milliseconds without progress after which the viewer is let go. @default 10000 */
  readonly stallAfter?: number | undefined;
}

/**
 * A viewer's stream: a frame is chosen and encoded at the moment the connection can bear one, and none is held.
 *
 * The stream is the camera's branch itself, with nothing in between where a frame could grow old. It begins the session
 * and ends it; it closes when the camera ends, when all frames asked for are sent, when the connection is gone, and when
 * the viewer has stalled, in which case its connection is reset.
 */
export function viewer(tee: Tee, session: Session, options: ViewerOptions): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { encode, end, fps, frames = Number.POSITIVE_INFINITY, maxAge = 5000, stallAfter = 10_000 } = options;
  const { connection } = session;
  const rate = new FrameRateLimiter(fps);
  const over = new AbortController();
  const leave = () => over.abort();
  connection.closed?.addEventListener("abort", leave, { once: true });
  if (connection.closed?.aborted) leave();
  const onStall = () => {
    leave();
    connection.reset?.();
  };
  const pace: Pacer = options.pace ?? new KernelPacer({ connection, stallAfter, onStall });

  let branch: ViewerStream<Uint8Array<ArrayBuffer>> | undefined;
  session.begin({ replaced: () => branch?.discarded ?? 0, pace });
  branch = tee({
    accepts(frame) {
      const taken = rate.accepts(frame);
      if (taken) pace.available?.();
      else session.countSkipped();
      return taken;
    },
    wanted: () => pace.requested?.(),
    ready: () => pace.ready(),
    expired(frame) {
      const old = performance.now() - frame.arrival > maxAge;
      if (old) {
        session.countExpired();
        pace.skipped?.();
      }
      return old;
    },
    map(frame) {
      session.countSent();
      const bytes = encode(frame, { first: session.sent === 1, last: session.sent >= frames });
      pace.sent(bytes.length, frame);
      return bytes;
    },
    last: () => session.sent >= frames,
    end: () => end,
    left() {
      connection.closed?.removeEventListener("abort", leave);
      pace.close();
      session.end();
    },
    signal: over.signal,
  });
  return branch;
}
