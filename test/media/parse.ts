import type { Frame } from "../../src/media/frame.ts";
import { FrameParserStream } from "../../src/media/frame-parser.ts";
import { JpegParserStream } from "../../src/media/jpeg/parser.ts";
import { MultipartParserStream } from "../../src/media/multipart/parser.ts";
import type { ParserStats } from "../../src/media/parser-stats.ts";

/** Any of the parsers. */
export type Parser = JpegParserStream | MultipartParserStream | FrameParserStream;

/** All parsers, by name. */
export const parsers: {
  JpegParserStream: typeof JpegParserStream;
  MultipartParserStream: typeof MultipartParserStream;
  FrameParserStream: typeof FrameParserStream;
} = { JpegParserStream, MultipartParserStream, FrameParserStream };

/** Returns a stream of these chunks. */
export function streamOf<T>(chunks: Iterable<T>): ReadableStream<T> {
  const iterator = chunks[Symbol.iterator]();
  return new ReadableStream<T>({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** Returns all frames of these chunks, and the parser's counters. */
export async function parse(
  parser: Parser,
  chunks: Iterable<Uint8Array>,
): Promise<{ frames: Frame[]; data: Uint8Array[]; stats: ParserStats }> {
  const frames: Frame[] = [];
  for await (const frame of streamOf(chunks).pipeThrough(parser)) frames.push(frame);
  return { frames, data: frames.map(({ data }) => data), stats: parser.stats };
}

/** Yields the bytes in chunks of `size`. */
export function* chunked(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** Returns the bytes, split at these positions. */
export function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const sorted = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((cut, index) => bytes.slice(sorted[index], cut));
}

/** Returns the bytes as a Latin-1 string, because comparing long arrays takes vitest seconds. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
