import { CameraView } from "./camera-view.js";
import { copyText } from "./clipboard.js";
import { formatPredictor, formatStatus } from "./format.js";
import { deriveStatus } from "./status.js";
import { StreamImage } from "./stream-image.js";
import { absoluteCameraUrl, cameraUrl } from "./urls.js";

/** @import { Camera, CameraList } from "./camera-list.js" */
/** @import { Connection } from "./connection.js" */
/** @import { CameraStatus } from "./status.js" */

/**
 * Options for {@link DetailView}.
 * @typedef {object} DetailViewOptions
 * @property {Connection} connection
 * @property {() => boolean} syncBoxes whether frames wait for their boxes
 * @property {() => void} onclose called when the user closes the view
 * @property {(offset: -1 | 1) => void} onstep called when the user asks for the previous or next camera
 * @property {() => void} onchange called when the view should be updated at once
 */

/** Actions by key. @type {Readonly<Record<string, string>>} */
const keys = { ArrowLeft: "previous", ArrowRight: "next", f: "fullscreen" };
/** Milliseconds for which the copy button tells its result. */
const copiedTime = 2000;

/**
 * One camera in a modal dialog: as an `<img>` of its stream, or, where it has a predictor, on a canvas drawn from the
 * page's connection, since an `<img>` does not tell which frame it shows.
 * It does not navigate by itself: it calls `onclose` and `onstep`.
 */
export class DetailView {
  #dialog;
  #connection;
  #stream;
  #view;
  /** The one that shows the camera now. @type {StreamImage | CameraView | null} */
  #active = null;
  /** @type {string | null} */
  #id = null;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {DetailViewOptions} options
   */
  constructor(dialog, { connection, syncBoxes, onclose, onstep, onchange }) {
    this.#dialog = dialog;
    this.#connection = connection;
    const ondraw = () => {
      if (dialog.dataset.state === "connecting") onchange();
    };
    this.#view = new CameraView(this.#canvas, { connection, syncBoxes, ondraw });
    this.#stream = new StreamImage(this.#image, onchange);
    this.#addActions({
      close: () => dialog.close(),
      previous: () => onstep(-1),
      next: () => onstep(1),
      fullscreen: () => this.#toggleFullscreen(),
      copy: () => this.#copyUrl(),
    });
    // Escape, the button and a phone's back gesture all end here, a little later: it may be open again by now.
    dialog.addEventListener("close", () => {
      if (this.#id && !dialog.open) onclose();
    });
    this.#find("[data-action=fullscreen]").hidden = !document.fullscreenEnabled;
  }

  /** The camera that is shown, null while the view is closed. */
  get id() {
    return this.#id;
  }

  /** Whether it shows a stream of its own, so that the page's connection reports nothing of its camera. */
  get usesStream() {
    return this.#active === this.#stream;
  }

  /** The live region to use while everything outside of the dialog is inert. */
  get liveRegion() {
    return this.#find("[role=status]");
  }

  /**
   * Shows a camera, in place of any other.
   * @param {string} id
   */
  show(id) {
    if (this.#id === id) return;
    this.#id = this.#dialog.dataset.detail = id;
    this.#find("h2").textContent = id;
    const snapshot = /** @type {HTMLAnchorElement} */ (this.#find("a[download]"));
    snapshot.href = cameraUrl(id, "snapshot");
    snapshot.download = `${id}.jpg`;
    this.#image.alt = this.#canvas.ariaLabel = `Picture of ${id}`;
    this.#canvas.width = this.#canvas.height = 0; // it still shows the former camera
    this.pause();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Closes the view without calling `onclose`. */
  hide() {
    if (!this.#id) return;
    this.#id = null;
    delete this.#dialog.dataset.detail;
    this.pause();
    if (document.fullscreenElement) document.exitFullscreen();
    this.#dialog.close();
  }

  /** Stops receiving frames while the page is hidden; the next `update` goes on. */
  pause() {
    this.#active?.close();
    this.#active = null;
  }

  /**
   * Updates what the view shows.
   * @param {CameraList} list
   * @returns {CameraStatus | null} null while the view is closed
   */
  update({ cameras, server, loaded }) {
    if (!this.#id) return null;
    const camera = cameras.get(this.#id);
    if (loaded && !document.hidden) this.#activate(this.#id, camera);
    this.#stream.update(camera, server);
    if (this.#active === this.#view && camera && camera.state !== "live" && camera.age !== null)
      void this.#view.showLast(this.#id);
    const status = deriveStatus(camera, server, (this.#active ?? this.#stream).observation);
    this.#dialog.dataset.state = status.state;
    this.#find(".status").textContent = formatStatus(status, this.#active === this.#view ? this.#view.stats : {});
    const predictor = this.#find(".predictor");
    predictor.textContent = predictor.title = formatPredictor(camera?.predictions ?? null, this.#view);
    predictor.dataset.state = camera?.predictions?.state;
    this.#find(".toggle").hidden = !camera?.predictions;
    this.#find(".notice").textContent = status.notice;
    this.#find(".notice").hidden = status.notice === null;
    const single = cameras.size < 2;
    this.#find("[data-action=previous]").hidden = single;
    this.#find("[data-action=next]").hidden = single;
    return status;
  }

  /**
   * @param {string} id
   * @param {Camera | undefined} camera
   */
  #activate(id, camera) {
    // A camera that is missing for a moment changes nothing.
    if (!camera && this.#active) return;
    const next = camera?.predictions && !this.#connection.blocked ? this.#view : this.#stream;
    if (next === this.#active) return;
    this.pause();
    this.#active = next;
    this.#canvas.hidden = next !== this.#view;
    this.#image.hidden = next !== this.#stream;
    next.open(id);
  }

  /** @param {Readonly<Record<string, () => void>>} actions by name, for buttons and keys */
  #addActions(actions) {
    this.#dialog.addEventListener("click", ({ target }) => {
      const button = target instanceof Element && target.closest("[data-action]");
      if (button instanceof HTMLElement) actions[button.dataset.action ?? ""]?.();
    });
    this.#dialog.addEventListener("keydown", (event) => {
      const action = keys[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      actions[action]?.();
    });
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    // A dialog cannot be fullscreen itself, an element inside it can; the console tells why when the browser refuses.
    else this.#find(".detail").requestFullscreen().catch(console.warn);
  }

  async #copyUrl() {
    const copied = this.#id !== null && (await copyText(absoluteCameraUrl(this.#id, "stream"), this.#dialog));
    const label = this.#find("[data-action=copy]");
    label.textContent = this.liveRegion.textContent = copied ? "Copied" : "Not copied";
    setTimeout(() => {
      label.textContent = "Copy URL";
    }, copiedTime);
  }

  get #canvas() {
    return /** @type {HTMLCanvasElement} */ (this.#find("canvas"));
  }

  get #image() {
    return /** @type {HTMLImageElement} */ (this.#find("img"));
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(selector));
  }
}
