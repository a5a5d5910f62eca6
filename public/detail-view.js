import { addActions } from "./actions.js";
import { CameraLinks } from "./camera-links.js";
import { CameraView } from "./camera-view.js";
import { formatPredictor, formatStatus } from "./format.js";
import { showNotice } from "./notice.js";
import { PictureControls } from "./picture-controls.js";
import { deriveStatus } from "./status.js";
import { StreamImage } from "./stream-image.js";
import { cameraUrl } from "./urls.js";

/** @import { Camera, CameraList } from "./camera-list.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Preferences } from "./preferences.js" */
/** @import { CameraStatus } from "./status.js" */

/**
 * Options for {@link DetailView}.
 * @typedef {object} DetailViewOptions
 * @property {HTMLTemplateElement} linkTemplate of a row of the menu of links
 * @property {Connection} connection
 * @property {Preferences} preferences
 * @property {() => boolean} syncBoxes whether frames wait for their boxes
 * @property {() => void} onclose called when the user closes the view
 * @property {(offset: -1 | 1) => void} onstep called when the user asks for the previous or next camera
 * @property {() => void} onchange called when the view should be updated at once
 */

/**
 * One camera in a modal dialog, drawn from the page's connection, or, where WebSockets are blocked, as an `<img>` of its
 * stream. It does not navigate by itself: it calls `onclose` and `onstep`.
 */
export class DetailView {
  #dialog;
  #connection;
  #stream;
  #view;
  #controls;
  #links;
  /** The one that shows the camera now. @type {StreamImage | CameraView | null} */
  #active = null;
  /** @type {string | null} */
  #id = null;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {DetailViewOptions} options
   */
  constructor(dialog, { linkTemplate, connection, preferences, syncBoxes, onclose, onstep, onchange }) {
    this.#dialog = dialog;
    this.#connection = connection;
    const ondraw = () => {
      if (dialog.dataset.state === "connecting") onchange();
      this.#controls.draw();
    };
    this.#view = new CameraView(this.#canvas, { connection, syncBoxes, ondraw });
    this.#stream = new StreamImage(this.#image, onchange);
    this.#controls = new PictureControls(dialog, { view: this.#view, canvas: this.#canvas, preferences, onchange });
    this.#links = new CameraLinks(this.#find("#links"), {
      template: linkTemplate,
      oncopy: (text) => {
        this.liveRegion.textContent = text;
      },
    });
    dialog.autofocus = true; // otherwise the first button is focused, and marked, when the page is opened with a camera
    addActions(dialog, {
      close: () => dialog.close(),
      previous: () => onstep(-1),
      next: () => onstep(1),
      fullscreen: () => this.#toggleFullscreen(),
      ...this.#controls.actions,
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

  /** Whether the camera is shown in a window of its own, which is visible while the page is hidden. */
  get hasWindow() {
    return this.#controls.hasWindow;
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
    this.#controls.show(id);
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Closes the view without calling `onclose`. */
  hide() {
    if (!this.#id) return;
    this.#id = null;
    delete this.#dialog.dataset.detail;
    this.pause();
    this.#links.hide();
    this.#controls.close();
    if (document.fullscreenElement) document.exitFullscreen();
    this.#dialog.close();
  }

  /** Stops receiving frames while nobody sees the page; the next `update` goes on. */
  pause() {
    this.#active?.close();
    this.#active = null;
  }

  /**
   * Updates what the view shows.
   * @param {CameraList} list
   * @param {{ visible: boolean, single: boolean }} options `visible` while somebody sees it; `single` if there is no
   *   other camera to go to
   * @returns {CameraStatus | null} null while the view is closed
   */
  update({ cameras, server, loaded }, { visible, single }) {
    if (!this.#id) return null;
    const camera = cameras.get(this.#id);
    if (loaded && visible) this.#activate(this.#id, camera);
    this.#stream.update(camera, server);
    if (this.#active === this.#view && camera) this.#view.update(camera);
    const status = deriveStatus(camera, server, (this.#active ?? this.#stream).observation);
    this.#dialog.dataset.state = status.state;
    const { fps, lag } = this.#view.stats;
    this.#find(".status").textContent = formatStatus(status, this.usesStream ? { transport: "stream" } : { fps, lag });
    const predictor = this.#find(".predictor");
    predictor.textContent = formatPredictor(camera?.predictions ?? null, this.#view);
    predictor.dataset.state = camera?.predictions?.state;
    this.#find(".toggle").hidden = !camera?.predictions;
    showNotice(this.#find(".notice"), status);
    this.#find("[data-action=previous]").hidden = this.#find("[data-action=next]").hidden = single;
    this.#controls.update(!this.usesStream);
    this.#links.setCamera(this.#id, camera?.source !== undefined);
    return status;
  }

  /**
   * @param {string} id
   * @param {Camera | undefined} camera
   */
  #activate(id, camera) {
    // A camera that is missing for a moment changes nothing.
    if (!camera && this.#active) return;
    const next = this.#connection.blocked ? this.#stream : this.#view;
    if (next === this.#active) return;
    this.pause();
    this.#active = next;
    this.#canvas.hidden = next !== this.#view;
    this.#image.hidden = next !== this.#stream;
    next.open(id);
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    // A dialog cannot be fullscreen itself, an element inside it can.
    else this.#find(".detail").requestFullscreen().catch(console.warn);
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
