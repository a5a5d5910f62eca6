import { type Demuxer, DemuxerBase } from "../demuxer.ts";
import type { Frame } from "../frame.ts";
import type { Draft } from "../frame-builder.ts";
import type { FrameParserOptions } from "../parser-options.ts";
import type { ParserStats } from "../parser-stats.ts";
import { Boundary } from "./boundary.ts";
import { type PartHeaders, readPartHeaders } from "./part-headers.ts";

/** Bytes in which the first delimiter must begin: enough for any preamble, and soon received. */
const maxPreamble = 256 * 1024;

/** Bytes that end a part without belonging to its body. */
const lineEnd = 2;

/** Extracts frames from the parts of a multipart body. */
export class MultipartDemuxer implements Demuxer {
  readonly #base: DemuxerBase;
  readonly #boundary: Boundary;
  readonly #description: string;
  #state: "preamble" | "headers" | "body" | "rest";
  #part: PartHeaders | undefined;

  /** Starts before the first delimiter or, if that has been found already, with the headers after it. */
  constructor(base: DemuxerBase, boundary: Boundary, state: "preamble" | "headers" = "preamble") {
    this.#base = base;
    this.#boundary = boundary;
    this.#description = String(boundary); // before one is detected: a boundary found too late does not count
    this.#state = state;
  }

  next(ended: boolean): Draft | undefined {
    for (;;) {
      if (this.#state === "headers") {
        if (!this.#readHeaders(ended)) return undefined;
      } else if (this.#state === "body") {
        const found = this.#base.search.next(ended, this.#boundary);
        if (found?.kind === "delimiter") this.#countForeign(found.start);
        else if (!found && ended) this.#countForeign(this.#base.window.end - lineEnd);
        if (!found) return undefined;
        this.#state = found.kind === "picture" || found.last ? "rest" : "headers";
        if (found.kind === "picture") return this.#base.builder.draft(found, this.#part);
      } else {
        const delimiter = this.#base.search.delimiter(this.#boundary, ended);
        if (this.#state === "preamble") this.#checkPreamble(delimiter?.start, ended);
        if (!delimiter) return undefined;
        this.#state = delimiter.last ? "rest" : "headers";
      }
    }
  }

  #readHeaders(ended: boolean): boolean {
    const { search, window, counters } = this.#base;
    let part: PartHeaders | undefined;
    try {
      part = readPartHeaders(window, search.needed);
    } catch (cause) {
      counters.dropped.headers++;
      throw cause;
    }
    if (part) {
      search.beginPart(part);
      this.#state = "body";
      this.#part = part;
    } else if (ended) {
      search.passFraming(window.end); // headers sent in advance, without a frame after them
    }
    return part !== undefined;
  }

  /** Counts the part if it has a body, in which no picture begins. */
  #countForeign(bodyEnd: number): void {
    const { search, counters } = this.#base;
    if (!search.hasSoi && this.#part && bodyEnd > this.#part.end) counters.dropped.foreign++;
    this.#part = undefined;
  }

  #checkPreamble(delimiterStart: number | undefined, ended: boolean): void {
    const { search, window } = this.#base;
    const searched = delimiterStart ?? search.needed;
    if (searched > maxPreamble) throw this.#missing(`in the first ${maxPreamble / 1024} KiB`);
    if (ended && delimiterStart === undefined && window.end > 0) throw this.#missing("before the end of the stream");
  }

  #missing(where: string): Error {
    return new Error(`Cannot parse multipart: no boundary ${this.#description} ${where}`);
  }
}

/**
 * Parses multipart/x-mixed-replace into frames.
 *
 * A frame is the first JPEG of a part, SOI through EOI. It is enqueued as soon as its EOI arrives, with its own copy of
 * the bytes; chunks are not kept. The EOI ends a JPEG, whatever its Content-Length and whatever boundary is inside. The
 * bytes tell what is in a part, whatever its Content-Type. Skips anything else in a part, parts without a JPEG and damaged
 * pictures, and counts them in `stats`. Memory and time are bounded as in {@link JpegParserStream}.
 *
 * A damaged picture that decoders show is delivered and counted as `repaired`, with an EOI added if it has none, if the
 * Content-Length and the delimiter of its part agree on where it ends, or after six damaged pictures without a good one.
 *
 * A part with both X-Timestamp and X-Sequence comes from another teecam: the frame keeps that timestamp, and the
 * sequence as `upstream`. Errors if the boundary is not found in the first 256 KiB or before the end, or if part headers
 * exceed 8 KiB or 32 lines. The constructor throws a `RangeError` for an invalid option. Source: RFC 2046, 5.1.
 *
 * @example
 * ```ts
 * const { body, headers } = await fetch("http://10.0.0.8:8080/stream");
 * const boundary = /boundary=([^;]+)/.exec(headers.get("content-type") ?? "")?.[1];
 * const parser = new MultipartParserStream({ boundary });
 * for await (const { sequence, data } of body.pipeThrough(parser)) console.log(sequence, data.length);
 * ```
 */
export class MultipartParserStream extends TransformStream<Uint8Array, Frame> {
  /** Live counters of bytes read, frames delivered and bytes skipped. */
  readonly stats: ParserStats;

  constructor(options: FrameParserOptions = {}) {
    const base = new DemuxerBase(options);
    const demuxer = new MultipartDemuxer(base, new Boundary(options.boundary));
    super(base.transformer(demuxer), { highWaterMark: 1 }, { highWaterMark: 0 });
    this.stats = base.counters;
  }
}
