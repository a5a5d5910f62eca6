import type { BranchStatus } from "../relay/peer.ts";
import { Session, type SessionObserver, type SessionOptions, type SessionReport } from "./session.ts";

/** The sessions that have branches, by camera. Bound: the {@link ViewerLimiter} in front of it. */
export class Sessions implements SessionObserver {
  readonly #onEnd: (session: Session, branch: BranchStatus) => void;
  readonly #byCamera = new Map<string, Map<Session, number>>(); // number of branches by session
  readonly #byRemote = new Map<string, number>();
  readonly #held = new Map<Session, number>(); // number of branches by session
  #count = 0;

  /** Calls `onEnd` when a branch of a session has ended. */
  constructor(onEnd: (session: Session, branch: BranchStatus) => void = () => {}) {
    this.#onEnd = onEnd;
  }

  /** Creates a session, which is listed while it has a branch. */
  create(options: SessionOptions): Session {
    return new Session(this, options);
  }

  /** Number of viewers: a session counts once for each camera that it reads. */
  get count(): number {
    return this.#count;
  }

  /**
   * Counts a session as a viewer even while it has no branch, because its connection can subscribe at any time. Returns the
   * function that ends this.
   */
  hold(session: Session): () => void {
    this.#held.set(session, session.branches.size);
    return () => void this.#held.delete(session);
  }

  /** Returns the number of viewers, and of held sessions without a branch other than `except`. */
  countWithHeld({ remote, except }: { readonly remote?: string; readonly except?: Session | undefined } = {}): number {
    let count = remote === undefined ? this.#count : this.countFrom(remote);
    for (const [session, branches] of this.#held) {
      if (branches > 0 || session === except) continue;
      if (remote === undefined || session.connection.remote === remote) count++;
    }
    return count;
  }

  /** Returns the number of viewers of a camera. */
  countOf(camera: string): number {
    return this.#byCamera.get(camera)?.size ?? 0;
  }

  /** Returns the number of viewers from an address. */
  countFrom(remote: string): number {
    return this.#byRemote.get(remote) ?? 0;
  }

  /** Returns the sessions with a branch of a camera, oldest first. */
  of(camera: string): Session[] {
    return [...(this.#byCamera.get(camera)?.keys() ?? [])];
  }

  /** Returns the viewers of a camera as plain data, oldest first. */
  report(camera: string): SessionReport[] {
    return this.of(camera).flatMap((session) => session.report(camera) ?? []);
  }

  /** @internal Called by {@link Session}. */
  attach(session: Session, { track }: BranchStatus): void {
    if (this.#held.has(session)) this.#held.set(session, session.branches.size);
    if (!track) return;
    const sessions = this.#byCamera.get(track.camera) ?? new Map<Session, number>();
    this.#byCamera.set(track.camera, sessions);
    const branches = sessions.get(session) ?? 0;
    sessions.set(session, branches + 1);
    if (branches === 0) this.#add(session, 1);
  }

  /** @internal Called by {@link Session}. */
  detach(session: Session, branch: BranchStatus): void {
    if (this.#held.has(session)) this.#held.set(session, session.branches.size);
    const { track } = branch;
    if (!track) return;
    const sessions = this.#byCamera.get(track.camera);
    const branches = sessions?.get(session) ?? 0;
    if (branches > 1) sessions?.set(session, branches - 1);
    else if (sessions?.delete(session)) {
      this.#add(session, -1);
      if (sessions.size === 0) this.#byCamera.delete(track.camera);
    }
    this.#onEnd(session, branch);
  }

  #add({ connection: { remote } }: Session, change: 1 | -1): void {
    this.#count += change;
    if (remote === undefined) return;
    const count = (this.#byRemote.get(remote) ?? 0) + change;
    if (count > 0) this.#byRemote.set(remote, count);
    else this.#byRemote.delete(remote);
  }
}
