import type { Pacer } from "../pacing/pacer.ts";
import type { Peer } from "./peer.ts";
import type { Retention } from "./retention.ts";

/** Options for one reader's {@link Branch}; see {@link Track} and {@link Peer} for examples. */
export interface BranchOptions<T, U = T> {
  /** Maximum chunks per second, evenly spaced by their `timestamp`; not with `since-key`. @default all chunks */
  readonly fps?: number | undefined;
  /** Maximum age in milliseconds, from a chunk's `arrival`; an older chunk is dropped. @default no limit */
  readonly maxAge?: number | undefined;
  /** Closes the branch after this many chunks. @default no limit */
  readonly limit?: number | undefined;
  /** Converts a chunk when it is delivered. Chunks are shared: do not change them. @default the chunk itself */
  readonly encode?: ((chunk: T, position: Position) => U) | undefined;
  /** Delivered last, when the branch closes by itself. @default none */
  readonly trailer?: U | undefined;
  /** The chunks that wait while the reader is busy. @default the retention of the stream */
  readonly retention?: Retention | undefined;
  /** Starts with the oldest chunk kept after this number. @default starts with the newest chunk */
  readonly after?: number | undefined;
  /** Decides when the next chunk may be delivered. @default as soon as the reader reads */
  readonly pacer?: Pacer | undefined;
  /** Delivers a chunk again whenever there has been nothing to deliver for a while. @default never */
  readonly repeat?: Repeat<T> | undefined;
  /** The reader, called when the branch starts and ends. @default none */
  readonly peer?: Peer | undefined;
  /** Closes the branch when aborted, as if the reader had cancelled it. */
  readonly signal?: AbortSignal | undefined;
  /** Starts with the first read: until then nobody counts as its reader, and it holds no chunk. @default false, at once */
  readonly lazy?: boolean | undefined;
  /** Called once, when the branch starts. */
  readonly onStart?: (() => void) | undefined;
  /** Called once, when the branch has ended for any reason. */
  readonly onEnd?: (() => void) | undefined;
}

/**
 * Chunk that a branch delivers again, so that neither its reader nor a proxy in between takes silence for the end.
 *
 * @example
 * ```ts
 * const repeat = { interval: 5000, chunk: () => front.newest };
 * for await (const frame of front.tee({ repeat })) await show(frame); // at least every five seconds
 * ```
 */
export interface Repeat<T> {
  /** Milliseconds without a chunk. */
  readonly interval: number;
  /** Returns the newest chunk; undefined for none, and while it is too old. */
  readonly chunk: () => T | undefined;
}

/**
 * The position of a chunk in the stream and among those delivered to one reader.
 *
 * @example
 * ```ts
 * const encode = ({ sequence }: Frame, { lost }: Position) => `frame ${sequence}, ${lost} lost before it`;
 * for await (const line of front.tee({ encode })) console.log(line);
 * ```
 */
export interface Position {
  /** True for the first chunk delivered. */
  readonly first: boolean;
  /** True for the last chunk, when a `limit` is reached. */
  readonly last: boolean;
  /** The chunk's number in the stream. */
  readonly number: number;
  /** True if the chunk is delivered by `repeat`: it counts neither as sent nor towards a `limit`, and has no number. */
  readonly repeated: boolean;
  /** Chunks dropped since the previous one because the reader was too slow. */
  readonly lost: number;
}
