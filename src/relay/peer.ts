/** A reader of branches that is told of them; a session is one. */
export interface Peer {
  /** Called when a branch begins. */
  attach(branch: BranchStatus): void;
  /** Called once, when it has ended. */
  detach(branch: BranchStatus): void;
}

/** The name of the track that a branch reads. */
export interface TrackName {
  readonly camera: string;
  readonly kind: "pictures" | "predictions" | "video" | "audio";
}

/** Chunks that a reader did not get, by reason. */
export interface Dropped {
  /** Newer ones came before it could take them. */
  readonly replaced: number;
  /** It asked for fewer. */
  readonly rate: number;
  /** They were too old when it could take them. */
  readonly age: number;
}

/** A branch's counters, live. */
export interface BranchStatus {
  /** Undefined for a branch of a stream that is no track. */
  readonly track: TrackName | undefined;
  /** When it began, in milliseconds since the epoch. */
  readonly since: number;
  /** Chunks delivered lately, a second. */
  readonly rate: number;
  /** Chunks delivered. */
  readonly sent: number;
  readonly dropped: Dropped;
  /** Source of the reader's pace: `kernel`, `acks`, or `drain`. */
  readonly pace: string;
  /** Age in milliseconds of the newest chunk known to have arrived, when it did; undefined before the first. */
  readonly lag: number | undefined;
}
