import type { Frame } from "../media/frame.ts";
import type { Branch } from "../relay/branch.ts";
import type { Session } from "../session/session.ts";
import { advancePart, closeDelimiter, part } from "./part.ts";
import { type DeliveryOptions, type Viewable, viewerBranch } from "./viewer.ts";

/** Options for {@link mjpeg}. */
export interface MjpegOptions extends DeliveryOptions {
  /** Sends each part's headers right after the previous frame, so that browsers paint it at once. @default false */
  readonly advanceHeaders?: boolean | undefined;
}

/**
 * Returns the multipart/x-mixed-replace body for one viewer, who counts as one from the first read on. Its Content-Type is
 * {@link contentType}.
 *
 * With `advanceHeaders`, a body that ends before `frames` is reached ends with an empty part, which browsers ignore.
 */
export function mjpeg(
  pictures: Viewable<Frame>,
  session: Session,
  { advanceHeaders = false, ...options }: MjpegOptions = {},
): Branch<Frame, Uint8Array<ArrayBuffer>> {
  const format = advanceHeaders ? { encode: advancePart } : { encode: part, trailer: closeDelimiter };
  return viewerBranch(pictures, session, { ...options, ...format, lazy: true });
}
