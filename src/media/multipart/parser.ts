import { type Demuxer, DemuxerBase } from "../demuxer.ts";
import type { Frame } from "../frame.ts";
import type { FrameParserOptions } from "../parser-options.ts";
import type { ParserStats } from "../parser-stats.ts";
import { Boundary } from "./boundary.ts";
import { type PartHeaders, readPartHeaders } from "./part-headers.ts";

/** So much is looked at for the first delimiter: enough for any preamble, and not long to wait for. */
const maxPreamble = 256 * 1024;

/** Frames of the parts of a multipart body. */
export class MultipartDemuxer implements Demuxer {
  readonly #intake: DemuxerBase;
  readonly #boundary: Boundary;
  readonly #wanted: string;
  #place: "preamble" | "headers" | "body" | "rest";
  #part: PartHeaders | undefined;

  /** Begins before the first delimiter, or, when that has been found already, with the headers behind it. */
  constructor(intake: DemuxerBase, boundary: Boundary, place: "preamble" | "headers" = "preamble") {
    this.#intake = intake;
    this.#boundary = boundary;
    this.#wanted = String(boundary); // one that is learned too late is none
    this.#place = place;
  }

  next(ended: boolean): Frame | undefined {
    for (;;) {
      if (this.#place === "headers") {
        if (!this.#readHeaders(ended)) return undefined;
      } else if (this.#place === "body") {
        const found = this.#intake.search.next(ended, this.#boundary);
        if (!found) return undefined;
        this.#place = found.kind === "picture" || found.last ? "rest" : "headers";
        if (found.kind === "picture") return this.#intake.builder.build(found, this.#part);
      } else {
        const delimiter = this.#intake.search.delimiter(this.#boundary, ended);
        if (this.#place === "preamble") this.#checkPreamble(delimiter?.start, ended);
        if (!delimiter) return undefined;
        this.#place = delimiter.last ? "rest" : "headers";
      }
    }
  }

  #readHeaders(ended: boolean): boolean {
    const { search, window, counters } = this.#intake;
    let part: PartHeaders | undefined;
    try {
      part = readPartHeaders(window, search.needed);
    } catch (cause) {
      counters.dropped.headers++;
      throw cause;
    }
    if (part) {
      search.passFraming(part.end);
      if (!part.jpeg) counters.dropped.foreign++;
      this.#place = part.jpeg ? "body" : "rest";
      this.#part = part;
    } else if (ended) {
      search.passFraming(window.end); // an advance header that no frame followed
    }
    return part !== undefined;
  }

  #checkPreamble(delimiterStart: number | undefined, ended: boolean): void {
    const { search, window } = this.#intake;
    const looked = delimiterStart ?? search.needed;
    if (looked > maxPreamble) throw this.#missing(`in the first ${maxPreamble / 1024} KiB`);
    if (ended && delimiterStart === undefined && window.end > 0) throw this.#missing("before the end of the stream");
  }

  #missing(where: string): Error {
    return new Error(`Cannot parse multipart: no boundary ${this.#wanted} ${where}`);
  }
}

/**
 * Parses multipart/x-mixed-replace into frames.
 *
 * A frame is the first JPEG of a part, SOI through EOI, and comes out when its EOI comes in, with its own copy of the
 * bytes; chunks are not kept. The JPEG's own end decides: Content-Length is ignored, and a boundary counts only where no
 * picture contains it. What else is in a part, parts of other types and damaged pictures are passed over and counted in
 * `stats`. Bounds on memory and time are those of JpegParserStream.
 *
 * A part with both X-Timestamp and X-Sequence comes from another teecam: the frame keeps that time, and the sequence as
 * `upstream`. The stream errors when the boundary does not come in the first 256 KiB or at all, and when part headers
 * exceed 8 KiB or 32 lines; a bad option throws a RangeError. Source: RFC 2046, 5.1.
 */
export class MultipartParserStream extends TransformStream<Uint8Array, Frame> {
  /** What came in, what went out and what was passed over, up to now. */
  readonly stats: ParserStats;

  constructor(options: FrameParserOptions = {}) {
    const intake = new DemuxerBase(options);
    const demuxer = new MultipartDemuxer(intake, new Boundary(options.boundary));
    super(intake.transformer(demuxer), { highWaterMark: 1 }, { highWaterMark: 0 });
    this.stats = intake.counters;
  }
}
