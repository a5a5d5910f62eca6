import { Beginning } from "./beginning.ts";
import { ByteWindow } from "./byte-window.ts";
import { FloodGate } from "./flood-gate.ts";
import type { Frame } from "./frame.ts";
import { type Draft, FrameBuilder } from "./frame-builder.ts";
import { FrameSearch } from "./jpeg/search.ts";
import { defaultMaxFrameSize, type FrameParserOptions } from "./parser-options.ts";
import { ParserCounters } from "./parser-stats.ts";
import { Turn } from "./turn.ts";

/** Bytes taken from a chunk at a time, so that a large chunk does not need an equally large window. */
const stepSize = 64 * 1024;

/** The Transformer of the Streams standard, which not every set of type definitions names globally. */
type Transformer = NonNullable<ConstructorParameters<typeof TransformStream<Uint8Array, Frame>>[0]>;
type Controller = TransformStreamDefaultController<Frame>;

/** Extracts frames of one format from the window of a {@link DemuxerBase}. */
export interface Demuxer {
  /** Returns the next whole frame, or undefined while more bytes are needed. `ended` tells that no more will come. */
  next(ended: boolean): Draft | undefined;
}

/**
 * The parts that all frame parsers share: the byte window, the JPEG search in it, the frame builder and the counters.
 *
 * Throws a `RangeError` if `maxFrameSize` or `maxRate` is not above 0.
 */
export class DemuxerBase {
  readonly counters: ParserCounters = new ParserCounters();
  readonly search: FrameSearch;
  readonly builder: FrameBuilder;
  readonly window: ByteWindow = new ByteWindow();
  readonly beginning: Beginning = new Beginning();
  readonly #gate: FloodGate;
  readonly #turn = new Turn();
  /** The newest frame that came too early; another replaces it. */
  #early: Draft | undefined;

  constructor({
    maxFrameSize = defaultMaxFrameSize,
    maxRate = Number.POSITIVE_INFINITY,
    sequence,
  }: FrameParserOptions) {
    if (!(maxFrameSize > 0)) {
      throw new RangeError(`Cannot parse frames: maxFrameSize must be above 0 bytes, not ${maxFrameSize}`);
    }
    if (!(maxRate > 0)) {
      throw new RangeError(`Cannot parse frames: maxRate must be above 0 frames a second, not ${maxRate}`);
    }
    this.search = new FrameSearch(this.window, this.counters, maxFrameSize);
    this.builder = new FrameBuilder(this.window, this.counters, sequence);
    this.#gate = new FloodGate(maxRate);
  }

  /** Returns a transformer that feeds chunks to the window and enqueues each frame as soon as its last byte arrives. */
  transformer(demuxer: Demuxer): Transformer {
    return {
      transform: (chunk, controller) => {
        const arrival = performance.now();
        this.#turn.begin(arrival);
        return this.#feed(chunk, { arrival, demuxer, controller });
      },
      flush: (controller) => {
        this.#drain(demuxer, { controller, ended: true });
        if (this.#early) controller.enqueue(this.builder.number(this.#early));
      },
    };
  }

  /** Takes a chunk in steps. Waits only where the event loop is due, or the newest frame came too early. */
  #feed(chunk: Uint8Array, { arrival, demuxer, controller }: Feed): Promise<void> | undefined {
    for (let start = 0; start < chunk.length; start += stepSize) {
      this.#append(chunk.subarray(start, start + stepSize), arrival);
      this.#drain(demuxer, { controller, ended: false });
      const due = this.#early ? this.#wait(controller) : this.#turn.over();
      if (due) return due.then(() => this.#feed(chunk.subarray(start + stepSize), { arrival, demuxer, controller }));
    }
    return undefined;
  }

  #drain(demuxer: Demuxer, { controller, ended }: { controller: Controller; ended: boolean }): void {
    for (let frame = demuxer.next(ended); frame; frame = demuxer.next(ended)) {
      if (this.#early) this.builder.drop(this.#early);
      this.#early = frame;
      this.#pass(controller);
    }
  }

  /** Enqueues the newest frame, unless it came too early. */
  #pass(controller: Controller): void {
    if (!this.#early || !this.#gate.pass()) return;
    controller.enqueue(this.builder.number(this.#early));
    this.#early = undefined;
  }

  /** Waits until the newest frame may pass, which holds up a flood at its source too. */
  async #wait(controller: Controller): Promise<void> {
    for (let delay = this.#gate.delay; delay > 0; delay = this.#gate.delay) {
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
    this.#pass(controller);
  }

  #append(bytes: Uint8Array, arrival: number): void {
    this.window.release(this.search.needed);
    this.window.append(bytes, arrival);
    if (this.counters.frames === 0) this.beginning.append(bytes);
    this.counters.bytes += bytes.length;
  }
}

/** What a chunk is fed with. */
interface Feed {
  readonly arrival: number;
  readonly demuxer: Demuxer;
  readonly controller: Controller;
}
