import type { Frame } from "../media/frame.ts";
import type { Session } from "../session/session.ts";
import type { Pictures } from "./mjpeg.ts";

/** Options for {@link snapshot}. */
export interface SnapshotOptions {
  /**
   * Maximum age of the frame in milliseconds. @default 1000, or one and a half periods of a slower camera; and if none comes in
   * time, the age up to which a frame counts as current
   */
  readonly maxAge?: number | undefined;
  /** Takes only a frame with a higher sequence. @default any frame */
  readonly after?: number | undefined;
  /** Milliseconds to wait for such a frame. @default 5000 */
  readonly timeout?: number | undefined;
}

const freshFor = 1000; // milliseconds

/**
 * Returns the newest frame if it meets the options, otherwise the next one that does. Returns undefined after the timeout,
 * and when the camera ends or the connection closes.
 */
export async function snapshot(
  pictures: Pictures,
  session: Session,
  { maxAge, after = -1, timeout = 5000 }: SnapshotOptions = {},
): Promise<Frame | undefined> {
  const { period = 0 } = pictures;
  const fresh = maxAge ?? Math.max(freshFor, 1.5 * period);
  const newest = (age: number): Frame | undefined => {
    const { newest } = pictures;
    return newest && newest.sequence > after && performance.now() - newest.arrival <= age ? newest : undefined;
  };
  return (
    newest(fresh) ??
    (await next(pictures, session, { maxAge: fresh, after, timeout })) ??
    newest(maxAge ?? pictures.patience ?? fresh)
  );
}

/** Returns the next frame that meets the options; undefined after the timeout. */
async function next(
  pictures: Pictures,
  session: Session,
  { maxAge, after, timeout }: { readonly maxAge: number; readonly after: number; readonly timeout: number },
): Promise<Frame | undefined> {
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
