import type { Frame } from "../media/frame.ts";
import type { Session } from "../session/session.ts";
import type { Viewable } from "./viewer.ts";

/** Options for {@link snapshot}. */
export interface SnapshotOptions {
  /** Maximum age of the frame in milliseconds. @default 1000 */
  readonly maxAge?: number | undefined;
  /** Takes only a frame with a higher sequence. @default any frame */
  readonly after?: number | undefined;
  /** Milliseconds to wait for such a frame. @default 5000 */
  readonly timeout?: number | undefined;
}

/** A track of pictures that keeps its newest one, whatever its state. */
export interface Pictures extends Viewable<Frame> {
  readonly newest?: Frame | undefined;
}

/**
 * Returns the newest frame if it meets the options, otherwise the next one that does. Returns undefined after the timeout,
 * and when the camera ends or the connection closes.
 */
export async function snapshot(
  pictures: Pictures,
  session: Session,
  { maxAge = 1000, after = -1, timeout = 5000 }: SnapshotOptions = {},
): Promise<Frame | undefined> {
  const { newest } = pictures;
  if (newest && newest.sequence > after && performance.now() - newest.arrival <= maxAge) return newest;
  const end = new AbortController();
  const abort = () => end.abort();
  const timer = setTimeout(abort, timeout);
  const { closed } = session.connection;
  closed?.addEventListener("abort", abort, { once: true });
  if (closed?.aborted) abort();
  try {
    const reader = pictures.tee<Frame>({ maxAge, peer: session, signal: end.signal }).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || value.sequence > after) return value;
    }
  } finally {
    clearTimeout(timer);
    closed?.removeEventListener("abort", abort);
    abort();
  }
}
