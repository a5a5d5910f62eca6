/** @import { ServerStatus } from "./camera-list.js" */
/** @import { CameraStatus } from "./status.js" */

/** States that are not announced: they pass by themselves, or the announcement about the server covers them. */
const silentStates = new Set(["connecting", "unreachable", "error", "missing", "idle", "starting"]);

/** Announces changes in a live region, and only changes: a screen reader reads out all that is written there. */
export class Announcer {
  /** @type {Map<string, string>} */
  #states = new Map();
  /** @type {string[]} */
  #pending = [];
  #online = true;

  /**
   * Takes in the server's present status.
   * @param {ServerStatus} server
   */
  updateServer({ state, notice }) {
    if (state === "connecting") return;
    const online = state === "online";
    if (online !== this.#online) this.#pending.push(notice ?? "server reachable again");
    this.#online = online;
  }

  /**
   * Takes in a camera's present status.
   * @param {string} id
   * @param {CameraStatus} status
   */
  updateCamera(id, { state, notice }) {
    if (silentStates.has(state)) return;
    const former = this.#states.get(id);
    this.#states.set(id, state);
    // The first state is part of the tile's name, which is read out anyway.
    if (former && former !== state) this.#pending.push(`${id}: ${notice ?? state}`);
  }

  /**
   * Takes in which cameras the server lists.
   * @param {ReadonlyMap<string, unknown>} cameras
   */
  setCameras(cameras) {
    for (const id of this.#states.keys()) {
      if (cameras.has(id)) continue;
      this.#states.delete(id);
      this.#pending.push(`${id}: removed`);
    }
  }

  /**
   * Takes in a message of the page itself.
   * @param {string} text
   */
  add(text) {
    this.#pending.push(text);
  }

  /**
   * Writes all pending announcements at once.
   * @param {HTMLElement} region with `role="status"`, not inert
   */
  announce(region) {
    if (this.#pending.length === 0) return;
    region.textContent = this.#pending.join(". ");
    this.#pending = [];
  }
}
