/**
 * One picture, as it came in: a whole JPEG, SOI through EOI.
 *
 * A frame is shared by everybody who looks at it. Nobody may change `data` or transfer its buffer.
 */
export interface Frame {
  /** The JPEG, byte for byte as it arrived (standard Huffman tables are inserted where it came without any). */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Counts up by one per camera, and goes on across runs of its source. */
  readonly sequence: number;
  /** When the first byte was captured: microseconds since the epoch, monotonic within a run. */
  readonly timestamp: number;
  /** When the first byte arrived here, in milliseconds on the clock of `performance.now()`: ages and deadlines use it. */
  readonly arrival: number;
  /** Pixels, as the JPEG's own header tells. */
  readonly width: number;
  /** Pixels, as the JPEG's own header tells; 0 where it leaves the height to a DNL marker. */
  readonly height: number;
  /** The frame's sequence at the teecam it was pulled from. */
  readonly upstream?: number;
}
