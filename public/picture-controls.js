import { mirrored, rotated, showOrientation } from "./orientation.js";
import { PictureInPicture } from "./picture-in-picture.js";
import { Zoom } from "./zoom.js";

/** @import { CameraView } from "./camera-view.js" */
/** @import { Orientation } from "./orientation.js" */
/** @import { Preferences } from "./preferences.js" */

/**
 * Options for {@link PictureControls}.
 * @typedef {object} PictureControlsOptions
 * @property {CameraView} view
 * @property {HTMLCanvasElement} canvas of the view
 * @property {Preferences} preferences
 * @property {() => void} onchange called when the window of its own has opened or closed
 */

/** What a user does with the picture in the detail view: enlarge, rotate and mirror it, and take it into a window. */
export class PictureControls {
  #dialog;
  #options;
  #zoom;
  #window;
  #id = "";
  #canHaveWindow = false;

  /**
   * @param {HTMLElement} dialog
   * @param {PictureControlsOptions} options
   */
  constructor(dialog, options) {
    this.#dialog = dialog;
    this.#options = options;
    this.#window = new PictureInPicture(options.onchange);
    const [frame, picture] = [this.#find(".frame"), this.#find(".picture")];
    this.#zoom = new Zoom(frame, { picture, onchange: (scale) => this.#showScale(scale) });
  }

  /** The actions of buttons and keys. @type {Readonly<Record<string, () => void>>} */
  actions = {
    rotate: () => this.#orient(rotated),
    mirror: () => this.#orient(mirrored),
    pip: () => this.#toggleWindow(),
    zoomIn: () => this.#zoom.zoomIn(),
    zoomOut: () => this.#zoom.zoomOut(),
    zoomReset: () => this.#zoom.reset(),
  };

  /** Whether the camera is shown in a window of its own, which is visible while the page is hidden. */
  get hasWindow() {
    return this.#window.active;
  }

  /** @param {string} id of the camera that is shown from now on */
  show(id) {
    this.#id = id;
    this.#zoom.reset();
  }

  /** Closes the window. */
  close() {
    this.#window.close();
  }

  /**
   * Updates what is shown of the picture and its buttons.
   * @param {boolean} onCanvas whether the picture is drawn on the canvas
   */
  update(onCanvas) {
    this.#canHaveWindow = onCanvas && PictureInPicture.supported;
    const button = this.#find("[data-action=pip]");
    button.hidden = !this.#canHaveWindow;
    button.ariaPressed = String(this.#window.active);
    const orientation = this.#options.preferences.orientation(this.#id);
    this.#options.view.setOrientation(orientation);
    showOrientation(this.#dialog, orientation);
  }

  /** Draws the picture into the window as well, after it has been drawn. */
  draw() {
    const { canvas, view, preferences } = this.#options;
    this.#window.draw(canvas, { boxes: view.boxes, orientation: preferences.orientation(this.#id) });
  }

  /** @param {(orientation: Orientation) => Orientation} change */
  #orient(change) {
    const { preferences } = this.#options;
    preferences.setOrientation(this.#id, change(preferences.orientation(this.#id)));
  }

  /** @param {number} scale */
  #showScale(scale) {
    this.#options.view.setZoom(scale);
    const button = this.#find(".scale");
    button.hidden = scale === 1;
    button.textContent = `${scale.toFixed(1)}×`;
    button.ariaLabel = `${button.textContent}, show the whole picture`;
  }

  #toggleWindow() {
    if (this.#window.active) this.#window.close();
    // The console tells why when the browser refuses.
    else if (this.#canHaveWindow) this.#window.open(this.#options.canvas).catch(console.warn);
  }

  /** @param {string} selector */
  #find(selector) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(selector));
  }
}
