/** The fields of a frame that a pacer needs. */
export interface SentFrame {
  /** Increases by 1 per camera. */
  readonly sequence: number;
  /** Arrival time at this process, in milliseconds of `performance.now()`. */
  readonly arrival: number;
}

/**
 * Decides when a branch may deliver its next frame, so that frames do not grow old in queues on the way to the viewer.
 *
 * For each frame the branch calls `requested` when its connection has room, `available` when it has a frame, `ready` when
 * both are true, and then `sent`, or `skipped` if the frame was too old or has been dropped.
 */
export interface Pacer {
  /** What the pace is based on: `kernel`, `acks` or `drain`. */
  readonly kind: string;
  /** Age in milliseconds, on arrival, of the newest frame known to have arrived; undefined before the first. */
  readonly lag: number | undefined;
  /** Called when a frame waits in the branch. */
  available?(): void;
  /** Called when the connection has room for a frame, and so has taken the previous one. */
  requested?(): void;
  /** Settles when a frame may be sent; returns undefined if that is now. */
  ready(): Promise<void> | undefined;
  /** Called instead of `sent` when the frame was too old or has been dropped. */
  skipped?(): void;
  /** Called when a frame has been passed to the connection, as this many bytes. */
  sent(bytes: number, frame: SentFrame): void;
  /** Called when the branch has ended; releases timers and pending waits. */
  close(): void;
}
