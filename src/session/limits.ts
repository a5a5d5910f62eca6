import { isLoopback } from "./connection.ts";
import type { Session } from "./session.ts";
import type { Sessions } from "./sessions.ts";

/**
 * Limits on viewers at one time; a camera on a connection of many counts as one viewer, and so does such a connection while
 * it watches none.
 */
export interface Limits {
  /** @default 1000 */
  readonly viewers?: number | undefined;
  /** @default as many as the server takes */
  readonly viewersPerCamera?: number | undefined;
  /** From one address other than this machine's own, behind which there may be a proxy. @default as above */
  readonly viewersPerAddress?: number | undefined;
}

/** The reason for refusing a viewer. */
export interface Refusal {
  readonly reason: "server" | "camera" | "address";
  /** For people. */
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

  /** Viewers refused, by the limit that was reached. */
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
      const message = `All ${viewersPerCamera} places for viewers of camera "${camera}" are taken`;
      return { reason: "camera", message };
    }
    if (viewersPerAddress === undefined || remote === undefined || isLoopback(remote)) return undefined;
    if (sessions.places({ remote, except: session }) < viewersPerAddress) return undefined;
    return {
      reason: "address",
      message: `All ${viewersPerAddress} places for viewers from your address are taken`,
    };
  }

  /** Counts a viewer that was refused, and returns the reason in words. */
  refuse({ reason, message }: Refusal): string {
    this.#refused[reason]++;
    return message;
  }
}
