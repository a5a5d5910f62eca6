import type { Session } from "../session/session.ts";
import { advancePart, closeDelimiter, part } from "./part.ts";
import { type Limits, type Tee, viewer } from "./viewer.ts";

/** How a viewer wants its stream. */
export interface MjpegOptions extends Limits {
  /** Send each part's headers right behind the frame before, so that a browser paints a frame when it comes. @default false */
  readonly advanceHeaders?: boolean | undefined;
}

/**
 * A viewer's multipart/x-mixed-replace body; its Content-Type is {@link contentType}.
 *
 * With headers in advance an end that nobody foresaw leaves an empty part, which browsers ignore.
 */
export function mjpeg(tee: Tee, session: Session, options: MjpegOptions = {}): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { advanceHeaders = false, ...limits } = options;
  return advanceHeaders
    ? viewer(tee, session, { ...limits, encode: advancePart })
    : viewer(tee, session, { ...limits, encode: part, end: closeDelimiter });
}
