import type { Beginning } from "./beginning.ts";
import { type Demuxer, DemuxerBase } from "./demuxer.ts";
import type { Frame } from "./frame.ts";
import type { Draft } from "./frame-builder.ts";
import { JpegDemuxer } from "./jpeg/parser.ts";
import { Boundary } from "./multipart/boundary.ts";
import { MultipartDemuxer } from "./multipart/parser.ts";
import type { FrameParserOptions } from "./parser-options.ts";
import type { ParserStats } from "./parser-stats.ts";

/** Detects the format: searches for a picture and a delimiter at once, and the first one found decides for good. */
class DetectingDemuxer implements Demuxer {
  readonly #base: DemuxerBase;
  readonly #boundary = new Boundary();
  #detected: Demuxer | undefined;

  constructor(base: DemuxerBase) {
    this.#base = base;
  }

  next(ended: boolean): Draft | undefined {
    if (this.#detected) return this.#detected.next(ended);
    const found = this.#base.search.next(ended, this.#boundary);
    if (!found) return undefined;
    if (found.kind === "picture") {
      this.#detected = new JpegDemuxer(this.#base);
      return this.#base.builder.draft(found);
    }
    this.#detected = new MultipartDemuxer(this.#base, this.#boundary, "headers");
    return this.#detected.next(ended);
  }
}

/**
 * Parses concatenated JPEGs or multipart/x-mixed-replace into frames, and detects which of the two it is.
 *
 * With a `boundary` it expects multipart. Otherwise a whole picture first means JPEGs, and a delimiter line first,
 * followed by a part header or an empty line, means multipart. Garbage before either is skipped, and an SOI that leads
 * to no picture decides nothing. From then on it behaves as {@link JpegParserStream} or {@link MultipartParserStream},
 * with the same bounds and errors. Until then it never errors, however much garbage arrives.
 *
 * @example
 * ```ts
 * const frames = response.body.pipeThrough(new FrameParserStream({ maxFrameSize: 1024 * 1024 }));
 * ```
 */
export class FrameParserStream extends TransformStream<Uint8Array, Frame> {
  /** Live counters of bytes read, frames delivered and bytes skipped. */
  readonly stats: ParserStats;
  readonly #beginning: Beginning;

  constructor(options: FrameParserOptions = {}) {
    const base = new DemuxerBase(options);
    const { boundary } = options;
    const demuxer =
      boundary === undefined ? new DetectingDemuxer(base) : new MultipartDemuxer(base, new Boundary(boundary));
    super(base.transformer(demuxer), { highWaterMark: 1 }, { highWaterMark: 0 });
    this.stats = base.counters;
    this.#beginning = base.beginning;
  }

  /** The first bytes that came, at most 4 KiB, and none behind the first frame: they tell what is no picture. Read-only. */
  get beginning(): Uint8Array<ArrayBuffer> {
    return this.#beginning.bytes;
  }
}
