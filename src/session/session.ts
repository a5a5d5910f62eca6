import type { BranchStatus, Dropped, Peer } from "../relay/peer.ts";
import type { PeerStats } from "../rtc/messages.ts";
import { callAt } from "./call-at.ts";
import type { Connection } from "./connection.ts";

/** The kind of connection that a viewer uses; see {@link SessionReport} for an example. */
export type Transport = "mjpeg" | "snapshot" | "websocket" | "predictions" | "webrtc";

/** Options for a {@link Session}. */
export interface SessionOptions {
  readonly transport: Transport;
  readonly connection: Connection;
  /** Facts about the viewer that the host of the app provides. @default none */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Expiry time of the viewer's grant, in milliseconds since the epoch. @default never */
  readonly expires?: number | undefined;
  /** @default a random UUID */
  readonly id?: string | undefined;
  /** Returns what a WebRTC peer reports. @default none */
  readonly webrtc?: (() => PeerStats) | undefined;
}

/** Called when branches of sessions start and end. */
export interface SessionObserver {
  attach(session: Session, branch: BranchStatus): void;
  detach(session: Session, branch: BranchStatus): void;
}

/** The session of a viewer, as plain data; see {@link getSession} for an example. */
export interface ViewerSession {
  readonly id: string;
  readonly camera: string;
  readonly transport: Transport;
  /** Address of the viewer. */
  readonly remote?: string | undefined;
}

/**
 * One viewer of a camera, as plain data: a session and its branches of that camera.
 *
 * @example
 * ```ts
 * const response = await fetch("http://127.0.0.1:8000/cameras/front/viewers");
 * const { viewers }: { viewers: SessionReport[] } = await response.json();
 * for (const { transport, fps, lag } of viewers) console.log(transport, fps, lag);
 * ```
 */
export interface SessionReport {
  readonly id: string;
  readonly camera: string;
  readonly transport: Transport;
  /** Address of the viewer; only for admins. */
  readonly remote?: string | undefined;
  /** Start time, in milliseconds since the epoch. */
  readonly since: number;
  /** Chunks per second passed to the viewer's connection recently. */
  readonly fps: number;
  /** Chunks passed to the viewer's connection. */
  readonly sent: number;
  /** Chunks the viewer did not get, by reason. */
  readonly dropped: Dropped;
  /** What the viewer's pace is based on: `kernel`, `acks`, `rtp`, or `drain`, which only means that its connection takes more. */
  readonly pace: string;
  /** Age in milliseconds, on arrival, of the newest chunk known to have arrived; null before the first. */
  readonly lag: number | null;
  /** Reports of a WebRTC peer; undefined for other transports. */
  readonly webrtc?: PeerStats | undefined;
  /** Counters of the predictions sent along with the pictures; undefined if there are none. */
  readonly predictions?: { readonly sent: number; readonly dropped: Dropped } | undefined;
}

/**
 * The connection of a viewer, and the branches that it reads. It is listed among the viewers while it has a branch.
 *
 * @see {@link SessionReport} for an example
 */
export class Session implements Peer {
  readonly id: string;
  readonly transport: Transport;
  readonly connection: Connection;
  readonly claims: Readonly<Record<string, unknown>> | undefined;
  readonly #observer: SessionObserver;
  readonly #branches = new Set<BranchStatus>();
  readonly #expires: number;
  readonly #webrtc: (() => PeerStats) | undefined;

  constructor(observer: SessionObserver, { transport, connection, claims, ...options }: SessionOptions) {
    const { id = crypto.randomUUID(), expires = Number.POSITIVE_INFINITY } = options;
    this.#observer = observer;
    this.#expires = expires;
    this.#webrtc = options.webrtc;
    this.id = id;
    this.transport = transport;
    this.connection = connection;
    this.claims = claims;
  }

  /** True once the viewer's grant has expired. */
  get isExpired(): boolean {
    return Date.now() >= this.#expires;
  }

  /** Calls `listener` when the viewer's grant expires. Returns the function that cancels that. */
  onExpiry(listener: () => void): () => void {
    return callAt(this.#expires, listener);
  }

  /** Open branches, oldest first. */
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

  /** Returns the session as plain data, for code that works for it on a camera. */
  viewerOf(camera: string): ViewerSession {
    return { id: this.id, camera, transport: this.transport, remote: this.connection.remote };
  }

  /** Returns the session as a viewer of a camera, as plain data; undefined if it has no branch of that camera. */
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
      ...reportBranch(branch),
      ...(this.#webrtc && { webrtc: this.#webrtc() }),
      ...(pictures && predictions && { predictions: { sent: predictions.sent, dropped: { ...predictions.dropped } } }),
    };
  }
}

/** Counters of a branch, as plain data. */
export type BranchReport = Pick<SessionReport, "since" | "fps" | "sent" | "dropped" | "pace" | "lag">;

/** Returns the counters of a branch, as plain data. */
export function reportBranch({ since, rate, sent, dropped, pace, lag }: BranchStatus): BranchReport {
  return {
    since,
    fps: Math.round(rate * 10) / 10,
    sent,
    dropped: { ...dropped },
    pace,
    lag: lag === undefined ? null : Math.round(lag),
  };
}
