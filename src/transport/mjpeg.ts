import type { Frame } from "../media/frame.ts";
import type { Branch } from "../relay/branch.ts";
import type { Session } from "../session/session.ts";
import { advancePart, closeDelimiter, part } from "./part.ts";
import { type Viewable, type ViewerLimits, viewerBranch } from "./viewer.ts";

/** Options for {@link mjpeg}. */
export interface MjpegOptions extends ViewerLimits {
  /** Sends each part's headers right behind the frame before, so that a browser paints a frame when it comes. @default false */
  readonly advanceHeaders?: boolean | undefined;
}

/**
 * Returns a viewer's multipart/x-mixed-replace body; its Content-Type is {@link contentType}.
 *
 * With headers in advance an unforeseen end leaves an empty part, which browsers ignore.
 */
export function mjpeg(
  pictures: Viewable<Frame>,
  session: Session,
  { advanceHeaders = false, ...limits }: MjpegOptions = {},
): Branch<Frame, Uint8Array<ArrayBuffer>> {
  const format = advanceHeaders ? { encode: advancePart } : { encode: part, trailer: closeDelimiter };
  return viewerBranch(pictures, session, { ...limits, ...format });
}
