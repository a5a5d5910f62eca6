import type { Frame } from "../media/frame.ts";
import type { Session } from "../session.ts";
import type { Tee } from "./paced.ts";

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
  const branch = tee();
  session.begin(() => branch.discarded);
  const reader = branch.getReader();
  const leave = () => void reader.cancel();
  const timer = setTimeout(leave, timeout);
  session.connection.closed?.addEventListener("abort", leave, { once: true });
  try {
    for (;;) {
      const { done, value: frame } = await reader.read();
      if (done) return undefined;
      if (frame.sequence > after && performance.now() - frame.arrival <= maxAge) {
        session.countSent();
        return frame;
      }
    }
  } finally {
    clearTimeout(timer);
    session.connection.closed?.removeEventListener("abort", leave);
    session.end();
    leave();
  }
}
