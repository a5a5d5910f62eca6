/** Receiver of a branch's chunks: a stream's controller, or a sink that takes them without a promise for each. */
export type ChunkSink<U> = Pick<ReadableStreamDefaultController<U>, "enqueue" | "close" | "error">;

/** A stream that can deliver to a {@link ChunkSink} instead of a reader. */
export interface Drainable<U> extends ReadableStream<U> {
  /**
   * Locks the stream and delivers its chunks to `sink`. The caller calls `pull` whenever it has room for a chunk, not before
   * the last one came, and `cancel` to let go. A stream that has ended already says so at the first `pull`. Throws a
   * `TypeError` if the stream is locked.
   */
  drainTo(sink: ChunkSink<U>): { pull(): void; cancel(reason?: unknown): unknown };
}
