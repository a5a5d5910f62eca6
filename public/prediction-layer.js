import { upright } from "./orientation.js";
import { Overlay } from "./overlay.js";
import { PredictionStore } from "./prediction-store.js";

/** @import { Orientation } from "./orientation.js" */
/** @import { Size } from "./overlay.js" */

/** A frame that is drawn. @typedef {{ sequence: number, timestamp: number, size: Size }} DrawnFrame */

/** What is predicted of one camera, drawn over its frames: boxes of an older frame are dashed. */
export class PredictionLayer {
  predictions = new PredictionStore();
  /** Boxes are drawn where this puts them; the picture itself is turned by the style sheet. @type {Orientation} */
  #orientation = upright;
  /** The canvas of the boxes; null before the first. @type {HTMLCanvasElement | null} */
  canvas = null;
  #picture;
  /** @type {Overlay | null} */
  #overlay = null;
  /** @type {DrawnFrame | null} */
  #drawn = null;
  /** The sequence of the first frame of the present size. */
  #resizedAt = 0;
  #dashed = false;

  /** @param {HTMLCanvasElement} picture over which boxes are drawn */
  constructor(picture) {
    this.#picture = picture;
  }

  /** Milliseconds by which the boxes are older than the frame they are drawn over; null when they are its own. */
  get age() {
    const prediction = this.#drawn && this.predictions.find(this.#drawn.sequence);
    if (!prediction || !this.#drawn || prediction.sequence >= this.#drawn.sequence) return null;
    return (this.#drawn.timestamp - prediction.timestamp) / 1000;
  }

  /** @param {Orientation} orientation in which the picture is shown from now on */
  setOrientation(orientation) {
    if (orientation === this.#orientation) return;
    this.#orientation = orientation;
    this.draw();
  }

  /**
   * Takes in which frame the picture shows now.
   * @param {DrawnFrame} frame
   * @param {boolean} dashed whether boxes are dashed whichever frame they belong to
   */
  setFrame(frame, dashed) {
    const { width, height } = this.#drawn?.size ?? {};
    const resized = frame.size.width !== width || frame.size.height !== height;
    if (resized || frame.sequence < this.#resizedAt) this.#resizedAt = frame.sequence;
    this.#drawn = frame;
    this.#dashed = dashed;
    this.draw();
  }

  /** Draws the prediction for the frame that is shown, or else the newest one if it is not too old. */
  draw() {
    const drawn = this.#drawn;
    const prediction = drawn && this.predictions.find(drawn.sequence);
    if (!prediction) return;
    const age = Math.abs(drawn.timestamp - prediction.timestamp) / 1000;
    const own = prediction.sequence === drawn.sequence;
    if (!own && (prediction.sequence < this.#resizedAt || age > this.predictions.maxAge)) {
      this.#overlay?.clear();
      return;
    }
    this.#overlay ??= this.#createOverlay();
    const orientation = this.#orientation;
    // Lines that are solid only from a prediction to the next frame would flicker.
    this.#overlay.draw(prediction, { size: drawn.size, orientation, dashed: !own || this.#dashed });
  }

  /** Removes all boxes; the picture shows no frame that there could be any for. */
  clear() {
    this.#drawn = null;
    this.#overlay?.clear();
  }

  /** Called when there is something to draw for the first time: most cameras have no predictor. */
  #createOverlay() {
    this.canvas = document.createElement("canvas");
    this.canvas.className = "boxes";
    this.canvas.ariaHidden = "true";
    this.#picture.after(this.canvas);
    return new Overlay(this.canvas, () => this.draw());
  }
}
