import type { Frame } from "../media/frame.ts";
import type { Session } from "../session/session.ts";
import type { Tee, ViewerStream } from "./viewer.ts";

/** Which frame is good enough. */
export interface SnapshotOptions {
  /** Milliseconds: an older frame is not taken. @default 1000 */
  readonly maxAge?: number | undefined;
  /** Only a frame with a higher sequence is taken. @default any */
  readonly after?: number | undefined;
  /** Milliseconds to wait for one. @default 5000 */
  readonly timeout?: number | undefined;
}

/** The newest frame if it is good enough, else the next one that is, else undefined when the time is up or the camera ends. */
export async function snapshot(
  tee: Tee,
  session: Session,
  { maxAge = 1000, after = -1, timeout = 5000 }: SnapshotOptions = {},
): Promise<Frame | undefined> {
  const over = new AbortController();
  const leave = () => over.abort();
  const timer = setTimeout(leave, timeout);
  const { closed } = session.connection;
  closed?.addEventListener("abort", leave, { once: true });
  if (closed?.aborted) leave();

  let branch: ViewerStream<Frame> | undefined;
  session.begin({ replaced: () => branch?.discarded ?? 0 });
  branch = tee<Frame>({
    accepts: (frame) => frame.sequence > after && performance.now() - frame.arrival <= maxAge,
    left: () => session.end(),
    signal: over.signal,
  });
  const { value } = await branch.getReader().read();
  if (value) session.countSent();
  clearTimeout(timer);
  closed?.removeEventListener("abort", leave);
  leave();
  return value;
}
