/**
 * One coded picture of a camera: H.264, Annex B (https://www.itu.int/rec/T-REC-H.264).
 *
 * A chunk is shared by all its readers: never change `data` or transfer its buffer.
 *
 * @example
 * ```ts
 * for await (const { data, key, sequence } of front.video.tee()) console.log(sequence, key, data.length);
 * ```
 */
export interface VideoChunk {
  /** NAL units, each behind the start code 00 00 00 01; a key begins with its parameter sets. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** True if it can be decoded without the chunks before it. */
  readonly key: boolean;
  /** Codec and profile, as WebCodecs and RFC 6381 have it: `avc1.42c01e`. */
  readonly codec: string;
  /** Time in the run of the encoder: whole milliseconds, each greater than the one before. */
  readonly time: number;
  /** Number of the frame it was made from; a frame is coded twice if a reader comes while no other arrives. */
  readonly sequence: number;
  /** Capture time of that frame: microseconds since the epoch. */
  readonly timestamp: number;
  /** Arrival time of that frame, in milliseconds of `performance.now()`. */
  readonly arrival: number;
  /** Width of that frame in pixels; the coded picture may be smaller. */
  readonly width: number;
  /** Height of that frame in pixels. */
  readonly height: number;
}
