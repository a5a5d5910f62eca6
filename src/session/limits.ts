import { isLoopback, type Sessions } from "./session.ts";

/** How many may watch at once; a camera on a connection of many counts as one viewer. */
export interface Limits {
  /** @default 1000 */
  readonly viewers?: number | undefined;
  /** @default as many as the server takes */
  readonly viewersPerCamera?: number | undefined;
  /** From one address other than this machine's own, behind which there may be a proxy. @default as above */
  readonly viewersPerAddress?: number | undefined;
}

/** The places there are for viewers. Bound: {@link Limits}. */
export class ViewerLimiter {
  readonly #sessions: Sessions;
  readonly #limits: Limits;
  /** How many viewers found no place, by what was full. */
  readonly refused: { server: number; camera: number; address: number } = { server: 0, camera: 0, address: 0 };

  constructor(sessions: Sessions, limits: Limits = {}) {
    this.#sessions = sessions;
    this.#limits = limits;
  }

  /** Says why there is no place for one more viewer of a camera, and counts it; undefined if there is one. */
  full(camera: string, remote: string | undefined): string | undefined {
    const { viewers = 1000, viewersPerCamera = viewers, viewersPerAddress } = this.#limits;
    if (this.#sessions.count() >= viewers) {
      this.refused.server++;
      return `All ${viewers} places for viewers are taken`;
    }
    if (this.#sessions.count({ camera }) >= viewersPerCamera) {
      this.refused.camera++;
      return `All ${viewersPerCamera} places for viewers of camera "${camera}" are taken`;
    }
    if (viewersPerAddress === undefined || remote === undefined || isLoopback(remote)) return undefined;
    if (this.#sessions.count({ remote }) >= viewersPerAddress) {
      this.refused.address++;
      return `All ${viewersPerAddress} places for viewers from your address are taken`;
    }
    return undefined;
  }
}
