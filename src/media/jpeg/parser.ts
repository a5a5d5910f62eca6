import { type Demuxer, DemuxerBase } from "../demuxer.ts";
import type { Frame } from "../frame.ts";
import type { FrameParserOptions } from "../parser-options.ts";
import type { ParserStats } from "../parser-stats.ts";

/** Frames of JPEGs that follow each other, with or without anything between them. */
export class JpegDemuxer implements Demuxer {
  readonly #intake: DemuxerBase;

  constructor(intake: DemuxerBase) {
    this.#intake = intake;
  }

  next(ended: boolean): Frame | undefined {
    const found = this.#intake.search.next(ended);
    return found?.kind === "picture" ? this.#intake.builder.build(found) : undefined;
  }
}

/**
 * Parses concatenated JPEGs into frames.
 *
 * A frame comes out when its EOI comes in, and has its own copy of the bytes; chunks are not kept. Garbage, truncated
 * and endless pictures are passed over and counted in `stats`; of a Multi-Picture file the first picture is taken. It
 * holds at most `maxFrameSize` plus 64 KiB, in storage of at most one and a half times that; it works in linear time.
 * It never errors by itself; a bad option throws a RangeError. Source: ITU T.81, Annex B.
 *
 * @example
 * ```ts
 * for await (const frame of bytes.pipeThrough(new JpegParserStream())) console.log(frame.width, frame.height);
 * ```
 */
export class JpegParserStream extends TransformStream<Uint8Array, Frame> {
  /** What came in, what went out and what was passed over, up to now. */
  readonly stats: ParserStats;

  constructor(options: FrameParserOptions = {}) {
    const intake = new DemuxerBase(options);
    super(intake.transformer(new JpegDemuxer(intake)), { highWaterMark: 1 }, { highWaterMark: 0 });
    this.stats = intake.counters;
  }
}
