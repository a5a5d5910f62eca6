/**
 * A reader of one or more branches, such as a {@link Session}.
 *
 * @example
 * ```ts
 * const peer: Peer = {
 *   attach: ({ track }) => console.log("watching", track?.camera),
 *   detach: ({ sent, dropped }) => console.log(`${sent} sent, ${dropped.replaced} replaced`),
 * };
 * for await (const frame of front.tee({ peer })) await show(frame);
 * ```
 */
export interface Peer {
  /** Called when a branch starts. */
  attach(branch: BranchStatus): void;
  /** Called once, when a branch has ended. */
  detach(branch: BranchStatus): void;
}

/** The name of a track: its camera, and the kind of its chunks; see {@link Peer} for an example. */
export interface TrackName {
  readonly camera: string;
  readonly kind: "pictures" | "predictions" | "video" | "audio";
}

/** Numbers of chunks that a reader did not get, by reason; see {@link Peer} for an example. */
export interface Dropped {
  /** Replaced by newer ones before the reader could take them. */
  readonly replaced: number;
  /** Above the rate that the reader asked for. */
  readonly rate: number;
  /** Too old when the reader could take them. */
  readonly age: number;
}

/** Live counters of a branch; see {@link Peer} for an example. */
export interface BranchStatus {
  /** Undefined if the stream is not a track. */
  readonly track: TrackName | undefined;
  /** Start time, in milliseconds since the epoch. */
  readonly since: number;
  /** Chunks per second delivered recently. */
  readonly rate: number;
  /** Chunks delivered. */
  readonly sent: number;
  readonly dropped: Dropped;
  /** What the reader's pace is based on: `kernel`, `acks`, or `drain`. */
  readonly pace: string;
  /** Age in milliseconds, on arrival, of the newest chunk known to have arrived; undefined before the first. */
  readonly lag: number | undefined;
}
