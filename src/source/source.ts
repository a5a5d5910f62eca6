import type { Explanation } from "../failure.ts";
import type { Frame } from "../media/frame.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import type { PushSource } from "./push.ts";

/** A program and its arguments; see {@link PredictorSource} for an example. */
export type Argv = readonly [program: string, ...args: string[]];

/**
 * Specification of a source as plain data: `{ kind: "http", url: "http://…" }`.
 *
 * Each driver extends it with the fields that it needs.
 */
export interface SourceSpec {
  /** Kind of the driver that runs it. */
  readonly kind: string;
}

/** Runs a source, one run at a time. Each run has a stream of frames. */
export interface SourceRunner {
  /** Counters of the input over all runs. */
  readonly input: ParserStats;
  /** Accepts frames pushed over HTTP; undefined for all other sources. */
  readonly pushSource?: PushSource | undefined;
  /**
   * Starts one run and returns its frames.
   *
   * Resolves once the source is open, and rejects if it cannot be opened. The caller owns the stream. It closes when the
   * source ends normally and errors otherwise. Cancelling it, or aborting `signal`, ends the run and all processes that it
   * has started; `cancel` settles when the run has ended completely.
   */
  open(signal: AbortSignal): Promise<ReadableStream<Frame>>;
  /**
   * Describes the input of the latest run: `1.5 MB came and no JPEG in it`. Fits in parentheses after a reason.
   *
   * Returns undefined if there was no input, or if there were frames and they need no remark.
   */
  explain(): Explanation | undefined;
  /**
   * Returns when the source last showed activity without a frame, such as a response without a picture, in milliseconds of
   * `performance.now()`; Infinity while no frames are expected. Omitted if only frames count.
   */
  lastSign?(): number;
  /** Milliseconds from one frame to the next, if known in advance. @default measured from the frames */
  readonly period?: number | undefined;
  /** True while the source responds with the picture that it has sent last. @default false */
  readonly isUnchanged?: boolean | undefined;
  /** Settles when the latest run has ended completely. Never rejects. */
  settled(): Promise<void>;
}

/** A source with the properties of its kind, and the runner of its driver. */
export interface Source extends Omit<SourceRunner, "settled"> {
  readonly kind: string;
  /** Description in one line, without the secrets in its URL. */
  readonly description: string;
  /** True if a run that closes is the last one, as with a file. */
  readonly hasEnd: boolean;
  /** True if each run waits for a writer that connects by itself, without a deadline. */
  readonly awaited: boolean;
  /** Milliseconds that the first frame may take, if longer than between two frames. */
  readonly firstFrameAfter: number | undefined;
  /**
   * Closes what is kept open between runs, such as a listening socket; settles when the latest run has ended completely.
   *
   * Does not end that run: the caller cancels its stream, and opens no other. Never rejects.
   */
  close(): Promise<void>;
}
