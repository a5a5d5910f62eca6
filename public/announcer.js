/** States that pass by themselves, as sleep does when one looks, or that the word about the server covers. */
const UNSPOKEN = new Set(["connecting", "unreachable", "refused", "missing", "idle", "starting"]);

/** Tells a live region what has changed, and nothing that has not: a screen reader speaks every word of it. */
export class Announcer {
  /** @type {Map<string, string>} */
  #states = new Map();
  /** @type {string[]} */
  #words = [];
  #reached = true;

  /** @param {import("./cameras.js").Server} server */
  server({ reach, notice }) {
    if (reach === "connecting") return;
    const reached = reach === "reached";
    if (reached !== this.#reached) this.#words.push(notice ?? "server reached again");
    this.#reached = reached;
  }

  /**
   * @param {string} id
   * @param {import("./verdict.js").Verdict} verdict
   */
  camera(id, { state, notice }) {
    if (UNSPOKEN.has(state)) return;
    const former = this.#states.get(id);
    this.#states.set(id, state);
    // The first state of all is part of the tile's name, which is read anyway.
    if (former && former !== state) this.#words.push(`${id}: ${notice ?? state}`);
  }

  /** @param {string} id of a camera that the server lists no more */
  removed(id) {
    if (this.#states.delete(id)) this.#words.push(`${id}: removed`);
  }

  /**
   * Says what has been collected, in one go.
   * @param {HTMLElement} region with `role="status"`, not inert
   */
  speak(region) {
    if (this.#words.length === 0) return;
    region.textContent = this.#words.join(". ");
    this.#words = [];
  }
}
