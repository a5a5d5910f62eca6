import { Gauge } from "./gauge.js";
import { Hold } from "./hold.js";
import { Overlay } from "./overlay.js";
import { Picture } from "./picture.js";
import { Predictions } from "./predictions.js";

/** @typedef {import("./connection.js").Frame} Frame */

/** Frames a second up to which a picture stays long enough for its boxes to be shown as its own as soon as they come. */
const SLOW = 4;

/**
 * One camera as it comes by the page's connection: its pictures on a canvas, what is predicted of them over it.
 *
 * Live, each picture is drawn at once, and boxes of an older one are dashed. In step, a picture waits until what is
 * predicted of it has come, and both are painted together; it does not wait when nothing is being predicted.
 */
export class Watch {
  /** What is drawn, measured. */
  gauge = new Gauge();
  /** What is predicted, measured. */
  predictions = new Predictions();
  #canvas;
  #connection;
  #inStep;
  #picture;
  #hold = new Hold((frame) => this.#picture.show(frame));
  /** @type {Overlay | null} */
  #overlay = null;
  /** @type {string | null} */
  #id = null;
  /** When a picture last came or began to be waited for. */
  #heard = 0;
  /** @type {{ sequence: number, timestamp: number, size: import("./overlay.js").Size } | null} */
  #shown = null;
  /** The first frame of the size that is shown. */
  #sized = 0;

  /**
   * @param {HTMLCanvasElement} canvas owned by the watch from now on
   * @param {{ connection: import("./connection.js").Connection, inStep: () => boolean, ondraw: () => void }} options
   *   `ondraw` is called behind each picture drawn
   */
  constructor(canvas, { connection, inStep, ondraw }) {
    this.#canvas = canvas;
    this.#connection = connection;
    this.#inStep = inStep;
    this.#picture = new Picture(canvas, ({ sequence, timestamp }, size) => {
      this.gauge.count(sequence, connection.clock.since(timestamp));
      const { width, height } = this.#shown?.size ?? {};
      if (size.width !== width || size.height !== height || sequence < this.#sized) this.#sized = sequence;
      this.#shown = { sequence, timestamp, size };
      this.#mark();
      ondraw();
    });
  }

  /** @param {string} id of the camera to show from now on */
  open(id) {
    this.close();
    this.#id = id;
    this.#heard = performance.now();
    this.#connection.watch(id, {
      onframe: (frame) => this.#take(frame),
      onprediction: (prediction) => {
        this.predictions.add(prediction);
        this.#release();
        this.#mark();
      },
    });
  }

  /** Lets go of the camera; its last picture stays where it is. */
  close() {
    if (this.#id !== null) this.#connection.unwatch(this.#id);
    this.#id = this.#shown = null;
    this.#hold.clear();
    this.#picture.forget();
    this.#overlay?.clear();
    this.predictions.forget();
    this.gauge.interrupt();
  }

  /** Subscribes anew: the server sends nothing, and may have lost the thread. */
  renew() {
    if (!this.#connection.connected) return;
    this.#heard = performance.now();
    this.#connection.renew();
  }

  /** @returns {import("./verdict.js").Sight} */
  get sight() {
    const { connected, begun } = this.#connection;
    const { age: drawn, broken } = this.#picture;
    return { connected, drawn, quiet: performance.now() - Math.max(this.#heard, begun), broken };
  }

  /** Milliseconds by which the boxes are older than the picture they are drawn over; null where they are its own. */
  get behind() {
    const known = this.#shown && this.predictions.of(this.#shown.sequence);
    if (!known || !this.#shown || known.sequence >= this.#shown.sequence) return null;
    return (this.#shown.timestamp - known.timestamp) / 1000;
  }

  /** @param {Frame} frame */
  #take(frame) {
    this.#heard = performance.now();
    if (!this.#inStep() || !this.predictions.flowing) {
      this.#hold.clear();
      this.#picture.show(frame);
      return;
    }
    // The server's pace is that of what was taken, not of what a predictor makes wait.
    frame.done();
    this.#hold.add({ ...frame, done() {} }, this.predictions.patience);
    this.#release();
  }

  #release() {
    const { newest } = this.predictions;
    const frame = newest && this.#hold.take(newest.sequence);
    if (frame) this.#picture.show(frame);
  }

  /** Draws what is known of the picture that is shown, or was of one before. */
  #mark() {
    const shown = this.#shown;
    const known = shown && this.predictions.of(shown.sequence);
    if (!known) return;
    const age = Math.abs(shown.timestamp - known.timestamp) / 1000;
    const own = known.sequence === shown.sequence;
    if (!own && (known.sequence < this.#sized || age > this.predictions.expiry)) {
      this.#overlay?.clear();
      return;
    }
    this.#overlay ??= this.#cover();
    // Live, lines that are whole for the moment between a prediction and the next picture would only flicker.
    const steady = this.#inStep() || (this.gauge.fps ?? 0) < SLOW;
    this.#overlay.draw(known, { size: shown.size, dashed: !own || !steady });
  }

  /** Not before there is something to draw: most cameras have no predictor. */
  #cover() {
    const canvas = document.createElement("canvas");
    canvas.className = "boxes";
    canvas.ariaHidden = "true";
    this.#canvas.after(canvas);
    return new Overlay(canvas, () => this.#mark());
  }
}
