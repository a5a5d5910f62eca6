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
   * Says what came instead of a frame, such as `1.5 MB came and no JPEG in it`; it fits in parentheses behind a reason.
   *
   * It speaks of the last run that was opened, and is undefined when no byte came, or when that has delivered frames and
   * there is nothing to know about them.
   */
  explain(): Explanation | undefined;
  /**
   * Returns when the source last showed that it is alive although no frame came, such as by an answer that holds none, in
   * milliseconds of `performance.now()`; Infinity while its silence means nothing. Left out where only frames count.
   */
  lastSign?(): number;
  /** Milliseconds from one frame to the next, where the source knows that beforehand. @default its frames tell */
  readonly period?: number | undefined;
  /** Settles when nothing of the last run is left. Never rejects. */
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
  /** Milliseconds that its first frame may well take, where that is longer than between two frames. */
  readonly firstFrameAfter: number | undefined;
  /**
   * Closes what is kept open between runs, such as a listening socket; settles when the latest run has ended completely.
   *
   * Does not end that run: the caller cancels its stream, and opens no other. Never rejects.
   */
  close(): Promise<void>;
}
