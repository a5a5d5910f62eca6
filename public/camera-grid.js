import { Tile } from "./tile.js";

/** @import { Camera, CameraList } from "./camera-list.js" */
/** @import { Connection } from "./connection.js" */
/** @import { CameraStatus } from "./status.js" */
/** @import { Transport } from "./tile.js" */

/**
 * Options for {@link CameraGrid}.
 * @typedef {object} CameraGridOptions
 * @property {HTMLTemplateElement} template of a tile
 * @property {Connection} connection
 * @property {() => boolean} syncBoxes whether frames wait for their boxes
 * @property {() => void} onchange called when the grid should be updated at once
 * @property {(id: string) => void} onopen called when the user opens a camera
 */

/** Browsers open at most six connections to a server over HTTP/1.1: the list and the snapshots need the other two. */
const maxStreams = 4;

/** A tile for each camera, in the order of the list. */
export class CameraGrid {
  #element;
  #options;
  /** @type {Map<string, Tile>} */
  #tiles = new Map();

  /**
   * @param {HTMLElement} element
   * @param {CameraGridOptions} options
   */
  constructor(element, options) {
    this.#element = element;
    this.#options = options;
    element.addEventListener("click", (event) => {
      const tile = event.target instanceof Element && event.target.closest("[data-camera]");
      // With a modifier key the browser opens the link elsewhere.
      if (!(tile instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      options.onopen(tile.dataset.camera ?? "");
    });
  }

  /** The cameras, in their order. */
  get ids() {
    return [...this.#tiles.keys()];
  }

  /**
   * Adds, removes and moves tiles, so that they are those of the list.
   * @param {ReadonlyMap<string, Camera>} cameras
   * @returns {string[]} the cameras whose tiles were removed
   */
  setCameras(cameras) {
    const removed = this.ids.filter((id) => !cameras.has(id));
    for (const id of removed) {
      this.#tiles.get(id)?.remove();
      this.#tiles.delete(id);
    }
    for (const [position, id] of [...cameras.keys()].entries()) {
      const tile = this.#tiles.get(id) ?? new Tile(id, this.#options.template, this.#options);
      this.#tiles.delete(id); // and set again, for the order of the map
      this.#tiles.set(id, tile);
      const present = this.#element.children[position];
      if (present !== tile.element) this.#element.insertBefore(tile.element, present ?? null);
    }
    return removed;
  }

  /**
   * Updates all tiles and the layout.
   * @param {CameraList} list
   * @param {{ visible: boolean, dataSaver: boolean }} options `visible` unless the page is hidden or the grid is covered
   * @returns {Map<string, CameraStatus>}
   */
  update({ cameras, server }, { visible, dataSaver }) {
    let streams = dataSaver ? 0 : maxStreams;
    /** @type {Map<string, CameraStatus>} */
    const statuses = new Map();
    for (const [id, tile] of this.#tiles) {
      const camera = cameras.get(id);
      if (!camera) continue;
      const transport = visible && tile.inView ? this.#chooseTransport(streams) : null;
      if (transport === "stream") streams--;
      statuses.set(id, tile.update(camera, server, transport));
    }
    const hasPredictor = [...cameras.values()].some(({ predictions }) => predictions);
    this.#element.classList.toggle("has-predictor", hasPredictor);
    this.#updateLayout();
    return statuses;
  }

  /**
   * Moves the keyboard focus to a camera's tile.
   * @param {string} id
   */
  focus(id) {
    this.#tiles.get(id)?.focus();
  }

  /**
   * @param {number} streams that there are connections left for
   * @returns {Transport}
   */
  #chooseTransport(streams) {
    if (!this.#options.connection.blocked) return "websocket";
    return streams > 0 ? "stream" : "snapshots";
  }

  #updateLayout() {
    const count = this.#tiles.size || 1;
    const columns = Math.ceil(Math.sqrt(innerWidth < innerHeight ? count / 2 : count));
    const ratios = [...this.#tiles.values()].map(({ ratio }) => ratio);
    this.#element.style.setProperty("--columns", String(columns));
    this.#element.style.setProperty("--rows", String(Math.ceil(count / columns)));
    this.#element.style.setProperty("--min-ratio", Math.min(16 / 9, ...ratios).toFixed(4));
  }
}
