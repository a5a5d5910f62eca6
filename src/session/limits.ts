import { isLoopback } from "./connection.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/**
 * Limits on concurrent viewers. Of a connection that carries several cameras, each camera counts as one viewer; without any
 * camera, the connection itself does.
 *
 * @example
 * ```ts
 * const app = createApp({ cameras, limits: { viewers: 200, viewersPerAddress: 10 } });
 * ```
 */
export interface Limits {
  /** Maximum of the whole app. @default 1000 */
  readonly viewers?: number | undefined;
  /** Maximum of each camera. @default no limit of its own */
  readonly viewersPerCamera?: number | undefined;
  /** Maximum of each address, except loopback, which may be a proxy. @default no limit of its own */
  readonly viewersPerAddress?: number | undefined;
}

/** The limit for which a viewer is refused. */
export interface Refusal {
  readonly reason: "server" | "camera" | "address";
  /** Error message for the viewer. */
  readonly message: string;
}

/** The connection of a new viewer. */
export interface NewViewer {
  /** Address of the viewer. */
  readonly remote?: string | undefined;
  /** Its session, if that is counted already; see {@link Sessions.hold}. */
  readonly session?: Session | undefined;
}

/** Enforces {@link Limits}, and counts the viewers refused. */
export class ViewerLimiter {
  readonly #sessions: Sessions;
  readonly #limits: Limits;
  readonly #refused = { server: 0, camera: 0, address: 0 };

  constructor(sessions: Sessions, limits: Limits = {}) {
    this.#sessions = sessions;
    this.#limits = limits;
  }

  /** Number of viewers refused, by limit. */
  get refused(): Readonly<Record<Refusal["reason"], number>> {
    return this.#refused;
  }

  /** Returns the limit that one more viewer of a camera would exceed, if any. `session` itself is not counted. */
  check(camera: string, { remote, session }: NewViewer = {}): Refusal | undefined {
    const { viewers = 1000, viewersPerCamera = viewers, viewersPerAddress } = this.#limits;
    const sessions = this.#sessions;
    if (sessions.countWithHeld({ except: session }) >= viewers)
      return { reason: "server", message: `Too many viewers: at most ${viewers} at a time` };
    if (sessions.countOf(camera) >= viewersPerCamera) {
      const message = `Too many viewers of camera "${camera}": at most ${viewersPerCamera} at a time`;
      return { reason: "camera", message };
    }
    if (viewersPerAddress === undefined || remote === undefined || isLoopback(remote)) return undefined;
    if (sessions.countWithHeld({ remote, except: session }) < viewersPerAddress) return undefined;
    return {
      reason: "address",
      message: `Too many viewers from your address: at most ${viewersPerAddress} at a time`,
    };
  }

  /** Counts a viewer as refused, and returns the error message. */
  refuse({ reason, message }: Refusal): string {
    this.#refused[reason]++;
    return message;
  }
}
