import type { Frame } from "../media/frame.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import type { PushSource } from "./push.ts";

/** A program and its arguments. */
export type Argv = readonly [program: string, ...args: string[]];

/**
 * Says where pictures come from, as plain data: `{ kind: "http", url: "http://…" }`.
 *
 * Each driver has a specification of its own, with the fields that it needs besides `kind`.
 */
export interface SourceSpec {
  /** The name of the driver that runs it. */
  readonly kind: string;
}

/** Runs a source, one run at a time, each with frames of its own. */
export interface Runs {
  /** Counts what came in over all runs. */
  readonly input: ParserStats;
  /** Takes what is pushed over HTTP; undefined for all other sources. */
  readonly pushSource?: PushSource | undefined;
  /**
   * Starts one run and returns its frames.
   *
   * Resolves once there is somebody to read from, rejects when there cannot be. The stream belongs to the caller. It
   * closes when the source ends well and errors otherwise. Cancelling it, or aborting `signal`, ends the run and all it
   * has started; the cancel settles when nothing of the run is left.
   */
  open(signal: AbortSignal): Promise<ReadableStream<Frame>>;
  /**
   * Says what came instead of a frame, such as `1.5 MB came and no JPEG in it`; it fits in parentheses behind a reason.
   *
   * It speaks of the last run that was opened, and is undefined when no byte came, or when that has delivered frames and
   * there is nothing to know about them.
   */
  explain(): string | undefined;
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

/** A source that is ready to run. */
export interface Source extends Omit<Runs, "settled"> {
  readonly kind: string;
  /** Names the source to people, without the secrets in its URL. */
  readonly description: string;
  /** Whether a run that ends well is the last one, as with a file. */
  readonly hasEnd: boolean;
  /** Whether each run waits for a writer who comes by itself, so that it has no deadline before that. */
  readonly awaited: boolean;
  /** Milliseconds that its first frame may well take, where that is longer than between two frames. */
  readonly firstFrameAfter: number | undefined;
  /**
   * Closes what is kept from run to run, such as a listening socket; settles when nothing of the last run is left either.
   *
   * It does not end that run: the caller cancels its stream, and opens no other. Never rejects.
   */
  close(): Promise<void>;
}
