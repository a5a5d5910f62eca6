import type { BranchStatus, Dropped, Peer } from "../relay/peer.ts";
import { callAt } from "./call-at.ts";
import type { Connection } from "./connection.ts";

/** The way in which a viewer watches. */
export type Transport = "mjpeg" | "snapshot" | "websocket" | "predictions";

/** Options for a {@link Session}. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly connection: Connection;
  /** Facts about the viewer that the host of the app knows. @default none */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** When the viewer's permission ends, in milliseconds since the epoch. @default never */
  readonly expires?: number | undefined;
  /** @default a random one */
  readonly id?: string | undefined;
}

/** Told of the branches of sessions. */
export interface SessionObserver {
  attach(session: Session, branch: BranchStatus): void;
  detach(session: Session, branch: BranchStatus): void;
}

/** A session as code that works for its viewer sees it. */
export interface ViewerSession {
  readonly id: string;
  readonly camera: string;
  readonly transport: Transport;
  /** Address of the viewer. */
  readonly remote?: string | undefined;
}

/** A viewer of a camera in plain data: a session and its branches of that camera. */
export interface SessionReport {
  readonly id: string;
  readonly camera: string;
  readonly transport: Transport;
  /** Address of the viewer, for those who may know it. */
  readonly remote?: string | undefined;
  /** When it began to watch, in milliseconds since the epoch. */
  readonly since: number;
  /** Chunks a second handed to the viewer's connection lately. */
  readonly fps: number;
  /** Chunks handed to the viewer's connection. */
  readonly sent: number;
  /** Chunks the viewer did not get, by reason. */
  readonly dropped: Dropped;
  /** Source of the viewer's pace: `kernel`, `acks`, or `drain`, which is only how fast it takes what it is handed. */
  readonly pace: string;
  /** Age in milliseconds of the newest chunk known to have arrived, when it did; null before the first. */
  readonly lag: number | null;
  /** The same of predictions that come beside the pictures; undefined where none do. */
  readonly predictions?: { readonly sent: number; readonly dropped: Dropped } | undefined;
}

/**
 * One peer: a viewer's connection, and the branches it reads over it.
 *
 * It is shown while it has a branch. Its branches report to it (`peer` among a branch's options).
 */
export class Session implements Peer {
  readonly id: string;
  readonly transport: Transport;
  readonly connection: Connection;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly #observer: SessionObserver;
  readonly #branches = new Set<BranchStatus>();
  readonly #expires: number;

  constructor(observer: SessionObserver, { transport, connection, claims, ...options }: SessionOptions) {
    const { id = crypto.randomUUID(), expires = Number.POSITIVE_INFINITY } = options;
    this.#observer = observer;
    this.#expires = expires;
    this.id = id;
    this.transport = transport;
    this.connection = connection;
    this.claims = claims;
  }

  /** Whether the viewer's permission has ended. */
  get isExpired(): boolean {
    return Date.now() >= this.#expires;
  }

  /** Calls `end` when the viewer's permission ends, unless the function it returns is called before. */
  onExpiry(end: () => void): () => void {
    return callAt(this.#expires, end);
  }

  /** Its open branches, oldest first. */
  get branches(): ReadonlySet<BranchStatus> {
    return this.#branches;
  }

  attach(branch: BranchStatus): void {
    this.#branches.add(branch);
    this.#observer.attach(this, branch);
  }

  detach(branch: BranchStatus): void {
    if (this.#branches.delete(branch)) this.#observer.detach(this, branch);
  }

  /** Returns the session as code that works for it on a camera sees it. */
  viewerOf(camera: string): ViewerSession {
    return { id: this.id, camera, transport: this.transport, remote: this.connection.remote };
  }

  /** Returns the session as a viewer of a camera; undefined if it has no branch of that camera. */
  report(camera: string): SessionReport | undefined {
    const branches = [...this.#branches].filter(({ track }) => track?.camera === camera);
    const pictures = branches.find(({ track }) => track?.kind !== "predictions");
    const predictions = branches.find(({ track }) => track?.kind === "predictions");
    const branch = pictures ?? predictions;
    if (!branch) return undefined;
    const { id, transport, connection } = this;
    return {
      id,
      camera,
      transport,
      remote: connection.remote,
      ...describeBranch(branch),
      ...(pictures && predictions && { predictions: { sent: predictions.sent, dropped: { ...predictions.dropped } } }),
    };
  }
}

/** A branch's counters in plain data. */
export type BranchReport = Pick<SessionReport, "since" | "fps" | "sent" | "dropped" | "pace" | "lag">;

/** Returns a branch's counters in plain data. */
export function describeBranch({ since, rate, sent, dropped, pace, lag }: BranchStatus): BranchReport {
  return {
    since,
    fps: Math.round(rate * 10) / 10,
    sent,
    dropped: { ...dropped },
    pace,
    lag: lag === undefined ? null : Math.round(lag),
  };
}
