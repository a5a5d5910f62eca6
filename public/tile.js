import { CameraView } from "./camera-view.js";
import { formatCount, formatPredictor, formatRate, formatStatus, predictorName, shorten } from "./format.js";
import { showNotice } from "./notice.js";
import { orientSize, showOrientation } from "./orientation.js";
import { SnapshotImage } from "./snapshot-image.js";
import { deriveStatus } from "./status.js";
import { StreamImage } from "./stream-image.js";

/** @import { Camera, ServerStatus } from "./camera-list.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Preferences } from "./preferences.js" */
/** @import { CameraStatus } from "./status.js" */

/**
 * How a tile gets its pictures: by the page's WebSocket, or, where that is blocked, by a stream or by snapshots in an
 * `<img>`; null for not at all.
 * @typedef {"websocket" | "stream" | "snapshots" | null} Transport
 */

/** Characters of a reason, and of what a predictor says, that the smallest tile has room for. */
const maxNotice = 120;
const maxPredictor = 100;

/** Limits of a tile's aspect ratio: other pictures are letterboxed, so that the grid stays even. */
const minRatio = 4 / 3;
const maxRatio = 16 / 9;

/**
 * One camera in the grid: a link to its detail view, with a canvas drawn from the page's connection.
 * Call `update` twice a second, and `remove` at the end.
 */
export class Tile {
  /** @type {HTMLElement} */
  element;
  /** Whether it is on the screen, or nearly. */
  inView = false;
  /** The tile's width divided by its height. */
  ratio = maxRatio;
  #id;
  #link;
  #notice;
  #status;
  #canvas;
  #predictor;
  #description;
  #view;
  #preferences;
  #onchange;
  #observer;
  /** @type {Transport} */
  #transport = null;
  /** @type {StreamImage | SnapshotImage | null} */
  #image = null;
  /** The rate in the description. @type {number | null} */
  #describedRate = null;

  /**
   * @param {string} id
   * @param {HTMLTemplateElement} template
   * @param {{ connection: Connection, preferences: Preferences, syncBoxes: () => boolean, onchange: () => void }} options
   *   `syncBoxes` tells whether frames wait for their boxes; `onchange` is called when the tile should be updated at once
   */
  constructor(id, template, { connection, preferences, syncBoxes, onchange }) {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (this.element.querySelector(selector));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.element = /** @type {HTMLElement} */ (copy.firstElementChild);
    this.element.dataset.camera = this.#id = id;
    this.#preferences = preferences;
    this.#onchange = onchange;
    this.#link = /** @type {HTMLAnchorElement} */ (find("a"));
    this.#link.href = `#${id}`;
    this.#notice = find(".notice");
    this.#status = find(".status");
    this.#predictor = find(".predictor");
    this.#description = find(".description");
    find(".name").textContent = id;
    this.#canvas = /** @type {HTMLCanvasElement} */ (find("canvas"));
    const ondraw = () => {
      if (this.element.dataset.state === "connecting") onchange();
    };
    this.#view = new CameraView(this.#canvas, { connection, syncBoxes, ondraw });
    this.#observer = new IntersectionObserver(
      (entries) => {
        this.inView = entries.at(-1)?.isIntersecting ?? false;
        onchange();
      },
      { rootMargin: "10%" },
    );
    this.#observer.observe(this.element);
  }

  /** Moves the keyboard focus here. */
  focus() {
    this.#link.focus();
  }

  /** Removes the tile and closes all that belongs to it. */
  remove() {
    this.#observer.disconnect();
    this.#setTransport(null);
    this.element.remove();
  }

  /**
   * Updates what the tile shows.
   * @param {Camera} camera
   * @param {ServerStatus} server
   * @param {Transport} transport by which it is to get its pictures
   * @returns {CameraStatus}
   */
  update(camera, server, transport) {
    this.#setTransport(camera.state === "ended" ? null : transport);
    this.#image?.update(camera, server);
    const observation = this.#transport ? (this.#image ?? this.#view).observation : null;
    const status = deriveStatus(camera, server, observation);
    if (!this.#image) this.#view.update(camera);

    // A picture that is not being drawn must not look live.
    const state = !this.#transport && status.state === "live" ? "paused" : status.state;
    this.element.dataset.state = state;
    showNotice(this.#notice, status, maxNotice);
    const { fps, lag } = this.#view.stats;
    this.#status.textContent = formatStatus(status, { transport: this.#transport, fps, lag });
    const prediction = formatPredictor(camera.predictions, this.#view);
    this.#predictor.textContent = shorten(prediction, maxPredictor);
    this.#predictor.title = prediction;
    this.#predictor.dataset.state = camera.predictions?.state;
    this.#updateStats(state === "live");
    this.#describe(status, camera);
    this.#updateShape(camera);
    return status;
  }

  /** @param {Transport} transport */
  #setTransport(transport) {
    if (transport === this.#transport) return;
    this.#view.close();
    this.#image?.close();
    this.#image = null;
    this.#link.querySelector("img")?.remove();
    this.#transport = transport;
    this.element.dataset.transport = transport ?? "none";
    if (transport === "websocket") this.#view.open(this.#id);
    else if (transport) this.#image = this.#createImage(transport);
  }

  /** @param {"stream" | "snapshots"} transport */
  #createImage(transport) {
    const element = new Image();
    element.alt = ""; // the name of the tile says it
    this.#canvas.before(element);
    const image = new { stream: StreamImage, snapshots: SnapshotImage }[transport](element, this.#onchange);
    image.open(this.#id);
    return image;
  }

  /** @param {boolean} live */
  #updateStats(live) {
    const { lag, skipped } = this.#view.stats;
    const { dataset } = this.element;
    if (live && lag !== null) dataset.lag = String(Math.round(lag));
    else delete dataset.lag;
    dataset.skipped = String(skipped);
    const title = `${formatCount(skipped, "frame")} skipped`;
    if (this.#status.title !== title) this.#status.title = title;
  }

  /**
   * Updates what screen readers say of the tile, but not for seconds and small changes of the rate: a screen reader may read it out anew
   * at each change.
   * @param {CameraStatus} status
   * @param {Camera} camera
   */
  #describe({ state, notice, fps }, { predictions }) {
    if (!fps || !this.#describedRate || Math.abs(fps / this.#describedRate - 1) > 0.1) this.#describedRate = fps;
    const parts = [state === "stalled" ? "no frames" : (notice ?? state)];
    if (state === "live" && this.#describedRate) parts.push(`${formatRate(this.#describedRate)} frames per second`);
    if (predictions && predictions.state !== "live") parts.push(`${predictorName(predictions)} ${predictions.state}`);
    const text = parts.join(", ");
    if (this.#description.textContent !== text) this.#description.textContent = text;
  }

  /** @param {Camera} camera */
  #updateShape(camera) {
    const orientation = this.#preferences.orientation(this.#id);
    this.#view.setOrientation(orientation);
    showOrientation(this.element, orientation);
    if (!camera.width || !camera.height) return;
    const { width, height } = orientSize({ width: camera.width, height: camera.height }, orientation);
    this.ratio = Math.min(Math.max(width / height, minRatio), maxRatio);
    this.element.style.setProperty("--ratio", this.ratio.toFixed(4));
  }
}
