import { FrameParserStream } from "../../src/media/frame-parser.ts";
import { join, jpegOf, part } from "../media/jpeg-builder.ts";
import { chunked, type Parser, parsers, streamOf } from "../media/parse.ts";

/** What one parser did with frames of one size. */
export interface ParserFigures {
  readonly name: string;
  /** Bytes. */
  readonly frameSize: number;
  /** Bytes. */
  readonly chunkSize: number;
  /** Millions of bytes of input a second: the best of three runs. */
  readonly megabytesPerSecond: number;
}

const SIZES = [
  { frameSize: 50_000, chunkSize: 65_536, frames: 2000 },
  { frameSize: 8_000_000, chunkSize: 4096, frames: 12 },
];

const CASES: { name: string; multipart: boolean; make: () => Parser }[] = [
  { name: "JpegParserStream", multipart: false, make: () => new parsers.JpegParserStream() },
  { name: "MultipartParserStream", multipart: true, make: () => new parsers.MultipartParserStream() },
  { name: "FrameParserStream, JPEGs", multipart: false, make: () => new FrameParserStream() },
  { name: "FrameParserStream, multipart", multipart: true, make: () => new FrameParserStream() },
];

/** Measures all parsers, streams and all; throws when one of them loses a frame. */
export async function benchParsers(): Promise<ParserFigures[]> {
  const figures: ParserFigures[] = [];
  for (const { frameSize, chunkSize, frames } of SIZES) {
    for (const { name, multipart, make } of CASES) {
      const one = jpegOf(frameSize);
      const body = multipart
        ? part(one, { headers: ["Content-Type: image/jpeg", `Content-Length: ${frameSize}`] })
        : one;
      const batch = Math.ceil(frames / 10);
      const chunks = [...chunked(join(...new Array<Uint8Array>(batch).fill(body)), chunkSize)];
      let best = 0;
      for (let run = 0; run < 3; run++) best = Math.max(best, await measure(make(), chunks, { rounds: 10, batch }));
      figures.push({ name, frameSize, chunkSize, megabytesPerSecond: Math.round(best) });
    }
  }
  return figures;
}

async function measure(
  parser: Parser,
  chunks: Uint8Array[],
  { rounds, batch }: { rounds: number; batch: number },
): Promise<number> {
  const input = (function* () {
    for (let round = 0; round < rounds; round++) yield* chunks;
  })();
  const start = performance.now();
  let frames = 0;
  for await (const _frame of streamOf(input).pipeThrough(parser)) frames++;
  if (frames !== rounds * batch) throw new Error(`Cannot measure: ${frames} frames of ${rounds * batch}`);
  return parser.stats.bytes / 1000 / (performance.now() - start);
}

if (globalThis.process?.argv[1]?.endsWith("bench/parsers.ts")) console.table(await benchParsers());
