import type { Frame } from "../media/frame.ts";
import { MultipartParserStream } from "../media/multipart/parser.ts";
import { ParserCounters, type ParserStats } from "../media/parser-stats.ts";

/**
 * Copy of the beginning of a stream of bytes, to look again for a picture in it when the stream is over.
 *
 * Bound: `limit` bytes; of a longer stream nothing is kept.
 */
export class KeptBytes {
  readonly #limit: number;
  #chunks: Uint8Array[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Passes a stream through, and keeps its chunks while `isNeeded` returns true. */
  keep(bytes: ReadableStream<Uint8Array>, isNeeded: () => boolean): ReadableStream<Uint8Array> {
    const reader = bytes.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          this.#size += value.length;
          if (this.#size <= this.#limit && isNeeded()) this.#chunks.push(value);
          else this.#chunks = [];
          controller.enqueue(value);
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }

  /**
   * Finds the pictures that decoders show although they are damaged. The stream must be over and complete: it is parsed as
   * a part whose length and end agree, see {@link MultipartParserStream}.
   */
  async repair(maxFrameSize: number): Promise<{ frames: Frame[]; stats: ParserStats }> {
    const bytes = this.#chunks.reduce((sum, { length }) => sum + length, 0);
    const boundary = crypto.randomUUID();
    const text = new TextEncoder();
    const parts = [
      text.encode(`--${boundary}\r\nContent-Length: ${bytes}\r\n\r\n`),
      ...this.#chunks,
      text.encode(`\r\n--${boundary}--\r\n`),
    ];
    this.#chunks = [];
    const parser = new MultipartParserStream({ boundary, maxFrameSize });
    const frames: Frame[] = [];
    for await (const frame of streamOf(parts).pipeThrough(parser)) frames.push(frame);
    return { frames, stats: this.#statsOf(parser, frames) };
  }

  /** Returns the counters of the bytes as they arrived, without the boundaries. */
  #statsOf({ stats }: MultipartParserStream, frames: readonly Frame[]): ParserStats {
    const inFrames = frames.reduce((sum, { data }) => sum + data.length, 0);
    const skipped = Math.max(0, this.#size - inFrames);
    return Object.assign(new ParserCounters(), stats, { bytes: this.#size, framing: 0, skipped });
  }
}

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}
