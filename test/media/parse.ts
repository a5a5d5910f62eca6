import type { Frame } from "../../src/media/frame.ts";
import { FrameParserStream } from "../../src/media/frame-parser.ts";
import { JpegParserStream } from "../../src/media/jpeg/parser.ts";
import { MultipartParserStream } from "../../src/media/multipart/parser.ts";
import type { ParserStats } from "../../src/media/parser-stats.ts";

export type Parser = JpegParserStream | MultipartParserStream | FrameParserStream;

export const parsers: {
  JpegParserStream: typeof JpegParserStream;
  MultipartParserStream: typeof MultipartParserStream;
  FrameParserStream: typeof FrameParserStream;
} = { JpegParserStream, MultipartParserStream, FrameParserStream };

/** A stream of these chunks. */
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

/** All frames of these chunks, and the parser's counts. */
export async function parse(
  parser: Parser,
  chunks: Iterable<Uint8Array>,
): Promise<{ frames: Frame[]; data: Uint8Array[]; stats: ParserStats }> {
  const frames: Frame[] = [];
  for await (const frame of streamOf(chunks).pipeThrough(parser)) frames.push(frame);
  return { frames, data: frames.map(({ data }) => data), stats: parser.stats };
}

/** The same bytes in chunks of a size. */
export function* chunked(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

/** The same bytes, cut at these positions. */
export function split(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const sorted = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return sorted.slice(1).map((cut, index) => bytes.slice(sorted[index], cut));
}

/** The bytes as a string of as many characters: comparing long arrays takes vitest seconds. */
export function text(bytes: Uint8Array): string {
  return new TextDecoder("latin1").decode(bytes);
}
