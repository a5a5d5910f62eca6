/** Receives a branch's chunks: a stream's controller, or a sink that takes them without a promise per chunk. */
export type ChunkSink<U> = Pick<ReadableStreamDefaultController<U>, "enqueue" | "close" | "error">;

/** A stream that can deliver to a {@link ChunkSink} instead of a reader. */
export interface Drainable<U> extends ReadableStream<U> {
  /**
   * Locks the stream and delivers its chunks to `sink`. The caller calls `pull` when it can take a chunk, and not again
   * before that has been delivered; it calls `cancel` to stop. If the stream has already ended, the first `pull` closes
   * or errors the sink. Throws a `TypeError` if the stream is locked.
   */
  drainTo(sink: ChunkSink<U>): { pull(): void; cancel(reason?: unknown): unknown };
}
