/** A frame as a pacer sees it. */
export interface SentFrame {
  /** Counts up by one per camera. */
  readonly sequence: number;
  /** When it arrived here, in milliseconds of `performance.now()`. */
  readonly arrival: number;
}

/**
 * Decides when a branch may deliver its next frame, so that frames do not grow old in queues between here and the viewer.
 *
 * A branch calls it in this order, frame by frame: `requested` when its connection has room, `available` when it has a
 * frame, `ready` when both are true, then `sent`, or `skipped` if the frame was too old, or was dropped meanwhile.
 */
export interface Pacer {
  /** Source of the pace: `kernel`, `acks` or `drain`. */
  readonly kind: string;
  /** Age in milliseconds of the newest frame known to have arrived, when it did; undefined before the first. */
  readonly lag: number | undefined;
  /** A frame waits in the branch. */
  available?(): void;
  /** The connection has room for a frame, and so has taken the one before. */
  requested?(): void;
  /** Settles when a frame may go; undefined when it may at once. */
  ready(): Promise<void> | undefined;
  /** The frame that was about to go was too old, or was dropped; none goes. */
  skipped?(): void;
  /** A frame was handed to the connection, as so many bytes. */
  sent(bytes: number, frame: SentFrame): void;
  /** The branch has ended: nobody waits any more. */
  close(): void;
}
