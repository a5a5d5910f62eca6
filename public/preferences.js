import { upright } from "./orientation.js";
import { load, store } from "./storage.js";

/** @import { Orientation } from "./orientation.js" */

const key = "teecam.cameras";

/** What this browser stores about the cameras: their order, which are hidden, and how each is turned. */
export class Preferences {
  /** @type {readonly string[]} */
  #order = [];
  /** @type {Set<string>} */
  #hidden = new Set();
  /** @type {Map<string, Orientation>} */
  #orientations = new Map();
  #onchange;

  /** @param {() => void} onchange called when the user has changed something */
  constructor(onchange) {
    this.#onchange = onchange;
    try {
      const { order, hidden, orientations } = JSON.parse(load(key) ?? "{}");
      this.#order = Array.isArray(order) ? order : [];
      this.#hidden = new Set(Array.isArray(hidden) ? hidden : []);
      this.#orientations = new Map(Object.entries(orientations ?? {}));
    } catch {
      // Something else has written there: the page begins anew.
    }
  }

  /**
   * Sorts cameras: those with a place of their own first, then the others as the server lists them.
   * @param {Iterable<string>} ids
   * @returns {string[]}
   */
  sort(ids) {
    const place = (/** @type {string} */ id) => {
      const index = this.#order.indexOf(id);
      return index < 0 ? this.#order.length : index;
    };
    return [...ids].sort((a, b) => place(a) - place(b));
  }

  /**
   * Tells whether the grid leaves a camera out.
   * @param {string} id
   */
  isHidden(id) {
    return this.#hidden.has(id);
  }

  /**
   * @param {string} id
   * @param {boolean} hidden
   */
  setHidden(id, hidden) {
    if (hidden) this.#hidden.add(id);
    else this.#hidden.delete(id);
    this.#save();
  }

  /**
   * Moves a camera by one place.
   * @param {string} id
   * @param {{ by: -1 | 1, among: readonly string[] }} options `among` all cameras in their present order
   */
  move(id, { by, among }) {
    const from = among.indexOf(id);
    const to = from + by;
    if (from < 0 || to < 0 || to >= among.length) return;
    this.#order = among.toSpliced(from, 1).toSpliced(to, 0, id);
    this.#save();
  }

  /**
   * Returns how a camera's picture is shown.
   * @param {string} id
   * @returns {Orientation}
   */
  orientation(id) {
    return this.#orientations.get(id) ?? upright;
  }

  /**
   * @param {string} id
   * @param {Orientation} orientation
   */
  setOrientation(id, orientation) {
    if (orientation.turn === 0 && !orientation.mirrored) this.#orientations.delete(id);
    else this.#orientations.set(id, orientation);
    this.#save();
  }

  #save() {
    const orientations = Object.fromEntries(this.#orientations);
    store(key, JSON.stringify({ order: this.#order, hidden: [...this.#hidden], orientations }));
    this.#onchange();
  }
}
