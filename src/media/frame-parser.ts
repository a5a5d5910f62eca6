import { type Demuxer, DemuxerBase } from "./demuxer.ts";
import type { Frame } from "./frame.ts";
import { JpegDemuxer } from "./jpeg/parser.ts";
import { Boundary } from "./multipart/boundary.ts";
import { MultipartDemuxer } from "./multipart/parser.ts";
import type { FrameParserOptions } from "./parser-options.ts";
import type { ParserStats } from "./parser-stats.ts";

/** Looks for a whole picture and for a delimiter at once; the first that is found tells the format for good. */
class UndecidedDemuxer implements Demuxer {
  readonly #intake: DemuxerBase;
  readonly #boundary = new Boundary();
  #decided: Demuxer | undefined;

  constructor(intake: DemuxerBase) {
    this.#intake = intake;
  }

  next(ended: boolean): Frame | undefined {
    if (this.#decided) return this.#decided.next(ended);
    const found = this.#intake.search.next(ended, this.#boundary);
    if (!found) return undefined;
    if (found.kind === "picture") {
      this.#decided = new JpegDemuxer(this.#intake);
      return this.#intake.builder.build(found);
    }
    this.#decided = new MultipartDemuxer(this.#intake, this.#boundary, "headers");
    return this.#decided.next(ended);
  }
}

/**
 * Parses concatenated JPEGs or multipart/x-mixed-replace into frames, whichever comes in.
 *
 * With a `boundary` it is multipart. Otherwise the first whole picture means JPEGs, and a delimiter line before one,
 * with a part header or an empty line behind it, means multipart; garbage before either is passed over, and a SOI that
 * leads to no picture decides nothing. From then on it is a JpegParserStream or a MultipartParserStream, with the same
 * bounds and errors. Until then it never errors, however much garbage comes.
 *
 * @example
 * ```ts
 * const frames = response.body.pipeThrough(new FrameParserStream({ maxFrameSize: 1024 * 1024 }));
 * ```
 */
export class FrameParserStream extends TransformStream<Uint8Array, Frame> {
  /** What came in, what went out and what was passed over, up to now. */
  readonly stats: ParserStats;

  constructor(options: FrameParserOptions = {}) {
    const intake = new DemuxerBase(options);
    const { boundary } = options;
    const demuxer =
      boundary === undefined ? new UndecidedDemuxer(intake) : new MultipartDemuxer(intake, new Boundary(boundary));
    super(intake.transformer(demuxer), { highWaterMark: 1 }, { highWaterMark: 0 });
    this.stats = intake.counters;
  }
}
