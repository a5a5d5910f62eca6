import { KernelPacer } from "../pacing/kernel-pacer.ts";
import type { Branch } from "../relay/branch.ts";
import type { BranchOptions } from "../relay/branch-options.ts";
import type { Session } from "../session/session.ts";

/** A track as its viewers see it: something that gives branches. */
export interface Viewable<T> {
  tee<U>(options: BranchOptions<T, U>): Branch<T, U>;
}

/** Limits that a viewer asks for or is held to. */
export interface ViewerLimits {
  /** At most so many frames a second. @default all */
  readonly fps?: number | undefined;
  /** Ends after so many frames. @default never */
  readonly frames?: number | undefined;
  /** Milliseconds: a frame older than that is not sent. @default 5000 */
  readonly maxAge?: number | undefined;
  /** Milliseconds without progress after which the viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
}

/** Options for {@link viewerBranch}. */
export interface ViewerOptions<T, U>
  extends Pick<BranchOptions<T, U>, "encode" | "trailer" | "retention" | "after" | "onEnd">,
    ViewerLimits {
  /** Ends the branch when aborted. @default the connection's end alone */
  readonly signal?: AbortSignal | undefined;
  /** Asks the kernel at most once in so many milliseconds. @default for each frame */
  readonly askInterval?: number | undefined;
  /** Called when the viewer has stalled and its branch has ended. @default resets the connection */
  readonly onStall?: (() => void) | undefined;
}

/** Milliseconds after which a frame is not sent, unless the viewer says otherwise. */
export const defaultMaxAge = 5000;

/** Milliseconds without progress after which a viewer is disconnected, unless the server says otherwise. */
export const defaultStallAfter = 10_000;

/**
 * Gives a viewer its branch of a track, paced by its connection: a frame is chosen and encoded at the moment the connection
 * can take one, and none is held.
 *
 * The branch ends when the track does, when all frames asked for are sent, when the connection is gone or the
 * viewer's permission ends, when `signal` is aborted, and when the viewer has stalled: also where nothing reads the branch any more.
 */
export function viewerBranch<T, U>(track: Viewable<T>, session: Session, options: ViewerOptions<T, U>): Branch<T, U> {
  const { fps, frames: limit, maxAge = defaultMaxAge, stallAfter = defaultStallAfter, askInterval } = options;
  const { encode, trailer, retention, after } = options;
  const { connection } = session;
  const end = new AbortController();
  const abort = () => end.abort();
  const endings = [connection.closed, options.signal].filter((signal) => signal !== undefined);
  for (const ending of endings) {
    ending.addEventListener("abort", abort, { once: true });
    if (ending.aborted) abort();
  }
  const forgetExpiry = session.onExpiry(abort);
  const onStall = () => {
    end.abort();
    if (options.onStall) options.onStall();
    else connection.reset?.();
  };
  const onEnd = () => {
    for (const ending of endings) ending.removeEventListener("abort", abort);
    forgetExpiry();
    options.onEnd?.();
  };
  const pacer = new KernelPacer({ connection, stallAfter, onStall, askInterval });
  const { signal } = end;
  return track.tee({ fps, limit, maxAge, encode, trailer, retention, after, pacer, peer: session, signal, onEnd });
}
