import { ByteWindow } from "./byte-window.ts";
import type { Frame } from "./frame.ts";
import { FrameBuilder } from "./frame-builder.ts";
import { FrameSearch } from "./jpeg/search.ts";
import { defaultMaxFrameSize, type FrameParserOptions } from "./parser-options.ts";
import { ParserCounters } from "./parser-stats.ts";

/** Bytes taken from a chunk at a time, so that a large chunk does not need an equally large window. */
const stepSize = 64 * 1024;

/** The Transformer of the Streams standard, which not every set of type definitions names globally. */
type Transformer = NonNullable<ConstructorParameters<typeof TransformStream<Uint8Array, Frame>>[0]>;

/** Extracts frames of one format from the window of a {@link DemuxerBase}. */
export interface Demuxer {
  /** Returns the next whole frame, or undefined while more bytes are needed. `ended` tells that no more will come. */
  next(ended: boolean): Frame | undefined;
}

/**
 * The parts that all frame parsers share: the byte window, the JPEG search in it, the frame builder and the counters.
 *
 * Throws a `RangeError` if `maxFrameSize` is not above 0.
 */
export class DemuxerBase {
  readonly counters: ParserCounters = new ParserCounters();
  readonly search: FrameSearch;
  readonly builder: FrameBuilder;
  readonly window: ByteWindow = new ByteWindow();

  constructor({ maxFrameSize = defaultMaxFrameSize, sequence }: FrameParserOptions) {
    if (!(maxFrameSize > 0)) {
      throw new RangeError(`Cannot parse frames: maxFrameSize must be above 0 bytes, not ${maxFrameSize}`);
    }
    this.search = new FrameSearch(this.window, this.counters, maxFrameSize);
    this.builder = new FrameBuilder(this.window, this.counters, sequence);
  }

  /** Returns a transformer that feeds chunks to the window and enqueues each frame as soon as its last byte arrives. */
  transformer(demuxer: Demuxer): Transformer {
    return {
      transform: (chunk, controller) => {
        const arrival = performance.now();
        for (let start = 0; start < chunk.length; start += stepSize) {
          this.#append(chunk.subarray(start, start + stepSize), arrival);
          for (let frame = demuxer.next(false); frame; frame = demuxer.next(false)) controller.enqueue(frame);
        }
      },
      flush: (controller) => {
        for (let frame = demuxer.next(true); frame; frame = demuxer.next(true)) controller.enqueue(frame);
      },
    };
  }

  #append(bytes: Uint8Array, arrival: number): void {
    this.window.release(this.search.needed);
    this.window.append(bytes, arrival);
    this.counters.bytes += bytes.length;
  }
}
