/** Default of `maxFrameSize`: 8 MiB. */
export const defaultMaxFrameSize: number = 8 * 1024 * 1024;

/** Options for all frame parsers; see {@link FrameParserStream} for an example. */
export interface FrameParserOptions {
  /**
   * Maximum size of a frame in bytes; a larger one is dropped and counted as `oversize`.
   *
   * @default 8 MiB
   */
  maxFrameSize?: number;
  /**
   * Maximum number of frames a second, and at once; of those that come faster the newest takes the place of the others,
   * which are counted as `flood`, and the parser takes no more bytes until it may pass.
   *
   * @default Infinity
   */
  maxRate?: number;
  /**
   * Returns the sequence number of the next frame; called once for each frame delivered.
   *
   * @default counts from 0
   */
  sequence?: () => number;
  /**
   * Boundary of a multipart stream, as in its Content-Type: quoted or not, with or without leading dashes.
   * JpegParserStream ignores it.
   *
   * @default taken from the first delimiter line
   */
  boundary?: string;
}
