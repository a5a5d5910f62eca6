import type { Frame } from "../media/frame.ts";
import type { Branch } from "../relay/branch.ts";
import type { Position, Repeat } from "../relay/branch-options.ts";
import type { Session } from "../session/session.ts";
import { advancePart, closeDelimiter, part, partWith } from "./part.ts";
import { ustreamerHeaders } from "./ustreamer.ts";
import { type DeliveryOptions, defaultMaxAge, type Teeable, viewerBranch } from "./viewer.ts";

/** Options for {@link mjpeg}. */
export interface MjpegOptions extends DeliveryOptions {
  /** Sends each part's headers right after the previous frame, so that browsers paint it at once. @default false */
  readonly advanceHeaders?: boolean | undefined;
  /** Adds uStreamer's headers to each part, unless `advanceHeaders` is set. @default false */
  readonly extraHeaders?: boolean | undefined;
  /**
   * Milliseconds without a new frame after which the newest is sent again; 0 for never. @default 5000, but never while the
   * camera tells that its picture is unchanged: a frozen camera is to look frozen
   */
  readonly repeatAfter?: number | undefined;
}

/** A track of pictures, as {@link mjpeg} reads it. */
export interface Pictures extends Teeable<Frame> {
  readonly newest?: Frame | undefined;
  /** Milliseconds from one frame to the next recently. @default 0 */
  readonly period?: number;
  /** Milliseconds for which the newest frame counts as current. @default `maxAge` */
  readonly patience?: number;
  /** True while the camera tells that its picture is unchanged. @default false */
  readonly isUnchanged?: boolean;
}

/** Default of `repeatAfter`, in milliseconds: Home Assistant ends a stream after 10 s of silence. */
const defaultRepeatAfter = 5000;

/**
 * Returns the multipart/x-mixed-replace body for one viewer, who counts as one from the first read on. Its Content-Type is
 * {@link contentType}.
 *
 * A viewer that comes while the camera has nothing new gets the newest frame, if that still counts as current. With
 * `advanceHeaders`, a body that ends before `frames` is reached ends with an empty part, which browsers ignore.
 */
export function mjpeg(
  pictures: Pictures,
  session: Session,
  { advanceHeaders = false, extraHeaders = false, repeatAfter, ...options }: MjpegOptions = {},
): Branch<Frame, Uint8Array<ArrayBuffer>> {
  const { period = 0 } = pictures;
  const maxAge = options.maxAge ?? Math.max(defaultMaxAge, 1.5 * period);
  let hasSent = false;
  const encode = (frame: Frame, position: Position): Uint8Array<ArrayBuffer> => {
    hasSent = true;
    if (advanceHeaders) return advancePart(frame, position);
    return extraHeaders ? partWith(ustreamerHeaders(frame, session), frame, position) : part(frame, position);
  };
  const repeat: Repeat<Frame> = {
    interval: repeatAfter ?? defaultRepeatAfter,
    chunk() {
      if (hasSent && repeatAfter === undefined && pictures.isUnchanged) return undefined;
      const { newest, patience = maxAge } = pictures;
      const limit = options.maxAge ?? (hasSent ? Number.POSITIVE_INFINITY : patience);
      return newest && performance.now() - newest.arrival <= limit ? newest : undefined;
    },
  };
  const trailer = advanceHeaders ? undefined : closeDelimiter;
  return viewerBranch(pictures, session, {
    ...options,
    maxAge,
    encode,
    trailer,
    repeat: repeatAfter === 0 ? undefined : repeat,
    lazy: true,
  });
}
