/**
 * Reason for which a picture was not delivered; see {@link ParserStats} for an example.
 *
 * - `truncated`: another picture or the end of the stream came before its EOI.
 * - `malformed`: it has a marker or a length that is invalid at its position.
 * - `oversize`: it has no EOI within `maxFrameSize` bytes.
 * - `foreign`: no picture begins in the part.
 * - `headers`: the part headers are too long; the stream errors as well.
 * - `flood`: it came faster than `maxRate`, and a newer one took its place.
 */
export type DropReason = "truncated" | "malformed" | "oversize" | "foreign" | "headers" | "flood";

/**
 * Counters of a frame parser: a live view that only the parser writes to.
 *
 * Once the stream has ended, every byte is accounted for: `bytes` is `framing` plus `skipped` plus the bytes of the
 * frames as they arrived (420 fewer than `data` where Huffman tables were inserted, 2 fewer where an EOI was added).
 *
 * @example
 * ```ts
 * const parser = new FrameParserStream();
 * for await (const frame of bytes.pipeThrough(parser)) console.log(frame.sequence);
 * const { frames, skipped, dropped } = parser.stats;
 * console.log(`${frames} frames, ${skipped} bytes skipped, ${dropped.truncated} pictures truncated`);
 * ```
 */
export interface ParserStats {
  /** Frames delivered. */
  readonly frames: number;
  /** Bytes received. */
  readonly bytes: number;
  /** Bytes of boundaries, part headers and their line ends. */
  readonly framing: number;
  /** Bytes that belong to no frame: garbage, dropped pictures, and anything after the picture in its part. */
  readonly skipped: number;
  /** Number of times the search went back into a failed picture, to find good pictures inside it. */
  readonly backtracks: number;
  /** Frames delivered although they break rules of the format, as decoders show them; see {@link MultipartParserStream}. */
  readonly repaired: number;
  /** Frames delivered that are one field of an interlaced picture, with half of its lines. */
  readonly fields: number;
  /** Frames whose time at another teecam was not believed: it is more than a day off, and that of arrival counts instead. */
  readonly mistimed: number;
  /** Pictures and parts that began but were not delivered, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** {@link ParserStats} that the parser itself can write to. */
export class ParserCounters implements ParserStats {
  frames = 0;
  bytes = 0;
  framing = 0;
  skipped = 0;
  backtracks = 0;
  mistimed = 0;
  repaired = 0;
  fields = 0;
  readonly dropped: Record<DropReason, number> = {
    truncated: 0,
    malformed: 0,
    oversize: 0,
    foreign: 0,
    headers: 0,
    flood: 0,
  };
}

/** Returns the sum of the counters of several parsers. */
export function addStats(stats: readonly ParserStats[]): ParserStats {
  const sum = new ParserCounters();
  for (const { frames, bytes, framing, skipped, backtracks, repaired, fields, mistimed, dropped } of stats) {
    sum.frames += frames;
    sum.bytes += bytes;
    sum.framing += framing;
    sum.skipped += skipped;
    sum.backtracks += backtracks;
    sum.mistimed += mistimed;
    sum.repaired += repaired;
    sum.fields += fields;
    for (const reason of Object.keys(dropped) as DropReason[]) sum.dropped[reason] += dropped[reason];
  }
  return sum;
}
