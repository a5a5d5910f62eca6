import type { Session } from "../session.ts";
import { advancePart, closeDelimiter, part } from "./part.ts";
import { type Tee, viewer } from "./viewer.ts";

/** How a viewer wants its stream. */
export interface MjpegOptions {
  /** At most so many frames a second. @default all */
  readonly fps?: number | undefined;
  /** End after so many frames. @default never */
  readonly frames?: number | undefined;
  /** Send each part's headers right behind the frame before, so that a browser paints a frame when it comes. @default false */
  readonly advanceHeaders?: boolean | undefined;
}

/**
 * A viewer's multipart/x-mixed-replace body; its Content-Type is {@link contentType}.
 *
 * With headers in advance an end that nobody foresaw leaves an empty part, which browsers ignore.
 */
export function mjpeg(tee: Tee, session: Session, options: MjpegOptions = {}): ReadableStream<Uint8Array> {
  const { advanceHeaders = false, ...limits } = options;
  return advanceHeaders
    ? viewer(tee, session, { ...limits, encode: advancePart })
    : viewer(tee, session, { ...limits, encode: part, end: closeDelimiter });
}
