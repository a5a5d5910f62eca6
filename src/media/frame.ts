/**
 * One picture of a camera: a whole JPEG, SOI through EOI.
 *
 * A frame is shared by all its readers: never change `data` or transfer its buffer.
 *
 * @example
 * ```ts
 * for await (const { data, sequence, timestamp } of front.tee()) {
 *   await writeFile(`${sequence}.jpg`, data);
 *   console.log(sequence, new Date(timestamp / 1000));
 * }
 * ```
 */
export interface Frame {
  /** The JPEG, byte for byte as it arrived, except that standard Huffman tables and an EOI are added if it has none. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Number of the frame: increases by 1 per camera and continues across runs of its source. */
  readonly sequence: number;
  /**
   * Capture time of the first byte: microseconds since the epoch, monotonic within a run. That of a frame pulled from another
   * teecam is by the clock there, which may be wrong.
   */
  readonly timestamp: number;
  /**
   * Arrival time of the first byte, in milliseconds of `performance.now()`; that of a frame pulled from another teecam is
   * earlier by its age there. Ages are based on it, never on the clocks of two machines.
   */
  readonly arrival: number;
  /** Width in pixels, from the JPEG header. */
  readonly width: number;
  /** Height in pixels, from the JPEG header; 0 if the JPEG leaves it to a DNL marker. */
  readonly height: number;
  /** Sequence of the frame at the teecam it was pulled from. */
  readonly upstream?: number;
  /** True for a frame that the teecam it was pulled from has sent before. Cameras drop it. */
  readonly repeated?: boolean;
}

/** Returns true for a frame that another teecam sends again, and whose number there was `upstream` when it came before. */
export function isRepetition(frame: Frame, upstream: number | undefined): boolean {
  return frame.repeated === true && frame.upstream === upstream;
}
