import type { Pacer } from "../pacing/pacer.ts";
import type { Peer } from "./peer.ts";
import type { Retention } from "./retention.ts";

/** Options for one reader's branch of a stream. */
export interface BranchOptions<T, U = T> {
  /** At most so many chunks a second, evenly in time by their `timestamp`. @default all */
  readonly fps?: number | undefined;
  /** Milliseconds since a chunk's `arrival` after which it is dropped instead of delivered. @default none expires */
  readonly maxAge?: number | undefined;
  /** Closes the branch after so many chunks. @default never */
  readonly limit?: number | undefined;
  /** Makes what the reader gets for a chunk, at the moment it is taken. Chunks are shared: it may not change them. @default the chunk */
  readonly encode?: ((chunk: T, position: Position) => U) | undefined;
  /** Delivered last, when the branch closes by itself. @default nothing */
  readonly trailer?: U | undefined;
  /** Which chunks wait while the reader does not read. @default the stream's own */
  readonly retention?: Retention | undefined;
  /** Continues behind the chunk of this number, as far back as the stream keeps chunks. @default starts with the newest */
  readonly after?: number | undefined;
  /** Decides when the next chunk may go. @default as soon as the reader reads */
  readonly pacer?: Pacer | undefined;
  /** Reads the branch, and is told of its begin and end. @default nobody is told */
  readonly peer?: Peer | undefined;
  /** Closes the branch when aborted, as if the reader had cancelled it. */
  readonly signal?: AbortSignal | undefined;
  /** Called once, when the branch has ended, however it ended. */
  readonly onEnd?: (() => void) | undefined;
}

/** A chunk's place among those its reader gets. */
export interface Position {
  /** Whether it is the first one. */
  readonly first: boolean;
  /** Whether it is the last of the `limit` asked for. */
  readonly last: boolean;
  /** The chunk's number in the stream. */
  readonly number: number;
  /** Chunks dropped since the one before, because the reader was too slow. */
  readonly lost: number;
}
