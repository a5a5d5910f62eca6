import { layOut } from "./layout.js";
import { Tile } from "./tile.js";

/** @import { CameraList } from "./camera-list.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Preferences } from "./preferences.js" */
/** @import { CameraStatus } from "./status.js" */
/** @import { Transport } from "./tile.js" */

/**
 * Options for {@link CameraGrid}.
 * @typedef {object} CameraGridOptions
 * @property {HTMLTemplateElement} template of a tile
 * @property {Connection} connection
 * @property {Preferences} preferences
 * @property {() => boolean} syncBoxes whether frames wait for their boxes
 * @property {() => void} onchange called when the grid should be updated at once
 * @property {(id: string) => void} onopen called when the user opens a camera
 */

/** Browsers open at most six connections to a server over HTTP/1.1: the list and the snapshots need the other two. */
const maxStreams = 4;

/** A tile for each camera that is not hidden, in the user's order. */
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

  /** The cameras that are shown, in their order. */
  get ids() {
    return [...this.#tiles.keys()];
  }

  /**
   * Adds, removes and moves tiles, so that they are those of these cameras.
   * @param {readonly string[]} ids
   */
  setCameras(ids) {
    for (const id of this.ids.filter((id) => !ids.includes(id))) {
      this.#tiles.get(id)?.remove();
      this.#tiles.delete(id);
    }
    for (const [position, id] of ids.entries()) {
      const tile = this.#tiles.get(id) ?? new Tile(id, this.#options.template, this.#options);
      this.#tiles.delete(id); // and set again, for the order of the map
      this.#tiles.set(id, tile);
      const present = this.#element.children[position];
      if (present !== tile.element) this.#element.insertBefore(tile.element, present ?? null);
    }
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
    this.#updateLayout(this.ids.some((id) => cameras.get(id)?.predictions));
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

  /** @param {boolean} hasPredictor whether a camera has one */
  #updateLayout(hasPredictor) {
    const { classList, style, parentElement } = this.#element;
    const ratios = [...this.#tiles.values()].map(({ ratio }) => ratio);
    const gap = Number.parseFloat(getComputedStyle(this.#element).columnGap);
    const { columns, tileWidth, narrow } = layOut({
      count: this.#tiles.size,
      width: this.#element.clientWidth,
      height: innerHeight - (parentElement?.offsetTop ?? 0) - gap,
      ratio: Math.min(16 / 9, ...ratios),
      gap,
      rem: Number.parseFloat(getComputedStyle(document.documentElement).fontSize),
      hasPredictor,
    });
    style.setProperty("--columns", String(columns));
    style.setProperty("--tile-width", `${tileWidth}px`);
    classList.toggle("narrow", narrow);
    classList.toggle("has-predictor", hasPredictor);
  }
}
