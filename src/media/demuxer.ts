import { ByteWindow } from "./byte-window.ts";
import type { Frame } from "./frame.ts";
import { FrameBuilder } from "./frame-builder.ts";
import { FrameSearch } from "./jpeg/search.ts";
import { defaultMaxFrameSize, type FrameParserOptions } from "./parser-options.ts";
import { ParserCounters } from "./parser-stats.ts";

/** Chunks are taken in steps of so many bytes: a great one never needs a window as great. */
const stepSize = 64 * 1024;

/** The standard's Transformer: not every set of type definitions gives it a global name. */
type Transformer = NonNullable<ConstructorParameters<typeof TransformStream<Uint8Array, Frame>>[0]>;

/** Takes frames out of an intake's window; the formats differ in how. */
export interface Demuxer {
  /** The next whole frame, or nothing while more bytes are needed. When the stream has `ended`, no more will come. */
  next(ended: boolean): Frame | undefined;
}

/**
 * What every frame parser is made of: the window of bytes, the search in it, and what makes frames of what is found.
 *
 * Throws a RangeError for a `maxFrameSize` that is not above zero.
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

  /** A transformer that feeds chunks to the window and enqueues each frame as soon as its last byte is there. */
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
