import { KernelPacer } from "../pacing/kernel-pacer.ts";
import type { Branch } from "../relay/branch.ts";
import type { BranchOptions } from "../relay/branch-options.ts";
import type { Session } from "../session/session.ts";

/** Anything that gives each viewer a branch of its own, such as a {@link Track}. */
export interface Teeable<T> {
  tee<U>(options: BranchOptions<T, U>): Branch<T, U>;
}

/** Options for the delivery of frames to a viewer. */
export interface DeliveryOptions {
  /** Maximum frames per second. @default all frames */
  readonly fps?: number | undefined;
  /** Ends after this many frames. @default no limit */
  readonly frames?: number | undefined;
  /** Maximum age of a frame in milliseconds; an older one is not sent. @default 5000 */
  readonly maxAge?: number | undefined;
  /** Milliseconds without progress after which the viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
}

/** Options for {@link viewerBranch}. */
export interface ViewerOptions<T, U>
  extends Pick<BranchOptions<T, U>, "encode" | "trailer" | "retention" | "after" | "repeat" | "lazy" | "onEnd">,
    DeliveryOptions {
  /** Ends the branch when aborted. @default only the end of the connection does */
  readonly signal?: AbortSignal | undefined;
  /** Minimum milliseconds between queries of the kernel. @default queries it for each frame */
  readonly queryInterval?: number | undefined;
  /** Disconnects a viewer that has stalled; called when its branch has ended. @default resets the connection */
  readonly onStall?: (() => void) | undefined;
}

/** Default of `maxAge`, in milliseconds. */
export const defaultMaxAge = 5000;

/** Default of `stallAfter`, in milliseconds. */
export const defaultStallAfter = 10_000;

/**
 * Returns a viewer's branch of a track, paced by the viewer's connection: the newest frame is chosen and encoded when the
 * connection can take one.
 *
 * The branch ends when the track ends, when `frames` have been sent, when the connection has closed, when the viewer's
 * grant expires, or when `signal` is aborted. A viewer without progress for `stallAfter` is disconnected here, even if
 * nothing reads its branch any more.
 */
export function viewerBranch<T, U>(track: Teeable<T>, session: Session, options: ViewerOptions<T, U>): Branch<T, U> {
  const { fps, frames: limit, maxAge = defaultMaxAge, stallAfter = defaultStallAfter, queryInterval } = options;
  const { encode, trailer, retention, after, repeat, lazy } = options;
  const { connection } = session;
  const end = new AbortController();
  const abort = () => end.abort();
  const signals = [connection.closed, options.signal].filter((signal) => signal !== undefined);
  for (const signal of signals) {
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
  }
  const cancelExpiry = session.onExpiry(abort);
  const onStall = () => {
    end.abort();
    if (options.onStall) options.onStall();
    else connection.reset?.();
  };
  const onEnd = () => {
    for (const signal of signals) signal.removeEventListener("abort", abort);
    cancelExpiry();
    options.onEnd?.();
  };
  const pacer = new KernelPacer({ connection, stallAfter, onStall, queryInterval });
  const { signal } = end;
  const reader = { pacer, peer: session, signal, lazy, repeat, onEnd };
  return track.tee({ fps, limit, maxAge, encode, trailer, retention, after, ...reader });
}
