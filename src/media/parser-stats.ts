/**
 * Why a picture was not delivered.
 *
 * - `truncated`: another picture or the end of the stream came before its EOI.
 * - `malformed`: a marker or a length that cannot stand where it stood.
 * - `oversize`: no EOI within `maxFrameSize` bytes.
 * - `foreign`: a part of another type than JPEG.
 * - `headers`: a part whose headers are too long; the stream errors too.
 */
export type DropReason = "truncated" | "malformed" | "oversize" | "foreign" | "headers";

/**
 * What a parser has done so far; a live view, only the parser writes to it.
 *
 * When the stream has ended, every byte is accounted for: `bytes` is `framing` plus `skipped` plus the bytes of the
 * frames as they came in (420 fewer than `data` where Huffman tables were inserted).
 */
export interface ParserStats {
  /** Frames delivered. */
  readonly frames: number;
  /** Bytes that came in. */
  readonly bytes: number;
  /** Bytes of boundaries, part headers and their line ends. */
  readonly framing: number;
  /** Bytes that belong to no frame: garbage, dropped pictures, and what stands behind a picture in its part. */
  readonly skipped: number;
  /** Times the search went back into a failed picture, to look for good ones that it had swallowed. */
  readonly backtracks: number;
  /** Pictures and parts that began and were not delivered, by reason. */
  readonly dropped: Readonly<Record<DropReason, number>>;
}

/** ParserStats as the parser itself sees them: counters that it raises. */
export class ParserCounters implements ParserStats {
  frames = 0;
  bytes = 0;
  framing = 0;
  skipped = 0;
  backtracks = 0;
  readonly dropped: Record<DropReason, number> = { truncated: 0, malformed: 0, oversize: 0, foreign: 0, headers: 0 };
}

/** Adds up what several parsers have done, one after the other. */
export function addStats(stats: readonly ParserStats[]): ParserStats {
  const sum = new ParserCounters();
  for (const { frames, bytes, framing, skipped, backtracks, dropped } of stats) {
    sum.frames += frames;
    sum.bytes += bytes;
    sum.framing += framing;
    sum.skipped += skipped;
    sum.backtracks += backtracks;
    for (const reason of Object.keys(dropped) as DropReason[]) sum.dropped[reason] += dropped[reason];
  }
  return sum;
}
