import { isLoopback } from "./connection.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/**
 * Limits on viewers at one time; a camera on a connection of many counts as one viewer, and so does such a connection while
 * it watches none.
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

/** Who asks for a viewer's place. */
export interface Asking {
  /** Address of the viewer. */
  readonly remote?: string | undefined;
  /** Its session, if it holds a place already. */
  readonly session?: Session | undefined;
}

/** Keeps viewers within {@link Limits}, and counts those it refuses. */
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

  /** Returns why one more viewer of a camera would be refused; undefined if there is room, maybe a place that `session` holds. */
  check(camera: string, { remote, session }: Asking = {}): Refusal | undefined {
    const { viewers = 1000, viewersPerCamera = viewers, viewersPerAddress } = this.#limits;
    const sessions = this.#sessions;
    if (sessions.places({ except: session }) >= viewers)
      return { reason: "server", message: `All ${viewers} places for viewers are taken` };
    if (sessions.countOf(camera) >= viewersPerCamera) {
      const message = `Too many viewers of camera "${camera}": at most ${viewersPerCamera} at a time`;
      return { reason: "camera", message };
    }
    if (viewersPerAddress === undefined || remote === undefined || isLoopback(remote)) return undefined;
    if (sessions.places({ remote, except: session }) < viewersPerAddress) return undefined;
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
