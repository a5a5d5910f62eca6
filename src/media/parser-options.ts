/** Bytes of the greatest frame that a parser delivers unless it is told otherwise: 8 MiB. */
export const defaultMaxFrameSize: number = 8 * 1024 * 1024;

/** Options that all frame parsers share. */
export interface FrameParserOptions {
  /**
   * Bytes of the greatest frame that is delivered; a greater one is dropped and counted.
   *
   * @default 8 MiB
   */
  maxFrameSize?: number;
  /**
   * Numbers the frames: called once for each frame that is delivered.
   *
   * @default counts from 0
   */
  sequence?: () => number;
  /**
   * The boundary of a multipart stream, as its Content-Type gives it: quoted or not, with leading dashes or without.
   * JpegParserStream has no use for it.
   *
   * @default learned from the first delimiter line
   */
  boundary?: string;
}
