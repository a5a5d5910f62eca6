import { type Demuxer, DemuxerBase } from "../demuxer.ts";
import type { Frame } from "../frame.ts";
import type { Draft } from "../frame-builder.ts";
import type { FrameParserOptions } from "../parser-options.ts";
import type { ParserStats } from "../parser-stats.ts";

/** Extracts frames from concatenated JPEGs, with or without other bytes between them. */
export class JpegDemuxer implements Demuxer {
  readonly #base: DemuxerBase;

  constructor(base: DemuxerBase) {
    this.#base = base;
  }

  next(ended: boolean): Draft | undefined {
    const found = this.#base.search.next(ended);
    return found?.kind === "picture" ? this.#base.builder.draft(found) : undefined;
  }
}

/**
 * Parses concatenated JPEGs into frames.
 *
 * Enqueues a frame as soon as its EOI arrives, with its own copy of the bytes; chunks are not kept. Skips garbage,
 * truncated and endless pictures and counts them in `stats`; takes the first picture of a Multi-Picture file. After six
 * damaged pictures without a good one, those that decoders show are delivered, as {@link MultipartParserStream} does.
 * Holds at most `maxFrameSize` plus 64 KiB, in storage of at most 1.5 times that, and takes linear time, of which the
 * event loop gets its turn every few milliseconds. Never errors by itself; the constructor throws a `RangeError` for an
 * invalid option. Source: ITU T.81, Annex B.
 *
 * @example
 * ```ts
 * for await (const frame of bytes.pipeThrough(new JpegParserStream())) console.log(frame.width, frame.height);
 * ```
 */
export class JpegParserStream extends TransformStream<Uint8Array, Frame> {
  /** Live counters of bytes read, frames delivered and bytes skipped. */
  readonly stats: ParserStats;

  constructor(options: FrameParserOptions = {}) {
    const base = new DemuxerBase(options);
    super(base.transformer(new JpegDemuxer(base)), { highWaterMark: 1 }, { highWaterMark: 0 });
    this.stats = base.counters;
  }
}
