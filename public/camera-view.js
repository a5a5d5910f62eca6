import { DrawStats } from "./draw-stats.js";
import { FrameRenderer } from "./frame-renderer.js";
import { Overlay } from "./overlay.js";
import { PredictionStore } from "./prediction-store.js";
import { SyncBuffer } from "./sync-buffer.js";
import { cameraUrl } from "./urls.js";

/** @import { Connection } from "./connection.js" */
/** @import { Size } from "./overlay.js" */
/** @import { Observation } from "./status.js" */
/** @import { Frame } from "./subscriptions.js" */

/** Frames per second below which a frame is shown for long enough that its boxes, when they arrive, need not be dashed. */
const slowFps = 4;

/**
 * One camera by the page's connection: its frames on a canvas, and what is predicted drawn over them.
 *
 * By default each frame is drawn at once, and boxes of an older frame are dashed. With synchronized boxes a frame waits for
 * its own prediction, and both are painted together; it does not wait while no predictions arrive.
 */
export class CameraView {
  stats = new DrawStats();
  predictions = new PredictionStore();
  #canvas;
  #connection;
  #syncBoxes;
  #renderer;
  #syncBuffer = new SyncBuffer((frame) => this.#renderer.render(frame));
  /** @type {Overlay | null} */
  #overlay = null;
  /** @type {string | null} */
  #id = null;
  /** When a frame last arrived, or was last subscribed to. */
  #receivedAt = 0;
  /** The frame that is drawn. @type {{ sequence: number, timestamp: number, size: Size } | null} */
  #drawn = null;
  /** The sequence of the first frame of the present size. */
  #resizedAt = 0;
  /** Whether the last frame from before has been asked for. */
  #askedForLast = false;

  /**
   * @param {HTMLCanvasElement} canvas owned by the view from now on
   * @param {{ connection: Connection, syncBoxes: () => boolean, ondraw: () => void }} options `syncBoxes` tells whether
   *   frames wait for their boxes; `ondraw` is called after each frame is drawn
   */
  constructor(canvas, { connection, syncBoxes, ondraw }) {
    this.#canvas = canvas;
    this.#connection = connection;
    this.#syncBoxes = syncBoxes;
    this.#renderer = new FrameRenderer(canvas, ({ sequence, timestamp, clock }, size) => {
      this.stats.add(sequence, connection.clock.elapsedSince(clock));
      const { width, height } = this.#drawn?.size ?? {};
      if (size.width !== width || size.height !== height || sequence < this.#resizedAt) this.#resizedAt = sequence;
      this.#drawn = { sequence, timestamp, size };
      this.#drawPrediction();
      ondraw();
    });
  }

  /** @param {string} id of the camera to show from now on */
  open(id) {
    this.close();
    this.#id = id;
    this.#receivedAt = performance.now();
    this.#connection.subscriptions.add(id, {
      onframe: (frame) => this.#receive(frame),
      onprediction: (prediction) => {
        this.predictions.add(prediction);
        this.#renderSynced();
        this.#drawPrediction();
      },
    });
  }

  /** Unsubscribes from the camera; its last frame stays on the canvas. */
  close() {
    if (this.#id !== null) this.#connection.subscriptions.remove(this.#id);
    this.#id = this.#drawn = null;
    this.#askedForLast = false;
    this.#syncBuffer.clear();
    this.#renderer.reset();
    this.#overlay?.clear();
    this.predictions.clear();
    this.stats.restart();
  }

  /**
   * Draws the last frame of a camera that is not live now, once, unless one has been drawn; it does not count as drawn.
   * @param {string} id of the camera, also if it has ended and is not subscribed to
   */
  async showLast(id) {
    if (this.#askedForLast || this.#drawn) return;
    const opened = this.#id;
    this.#askedForLast = true;
    try {
      const response = await fetch(`${cameraUrl(id, "snapshot")}?max_age=1e9`, { cache: "no-store" });
      if (!response.ok) return;
      const jpeg = await response.blob();
      if (opened === this.#id && !this.#drawn) await this.#renderer.renderStill(jpeg);
    } catch {
      // without it the canvas stays empty, as its notice says
    }
  }

  /** Subscribes again, because nothing arrives: the server may have lost the subscription. */
  renew() {
    if (!this.#connection.connected) return;
    this.#receivedAt = performance.now();
    this.#connection.subscriptions.renew();
  }

  /** @returns {Observation} */
  get observation() {
    const { connected, attemptedAt } = this.#connection;
    const { age: drawnAge, failed } = this.#renderer;
    return { connected, drawnAge, silence: performance.now() - Math.max(this.#receivedAt, attemptedAt), failed };
  }

  /** Milliseconds by which the boxes are older than the frame they are drawn over; null when they are its own. */
  get boxAge() {
    const prediction = this.#drawn && this.predictions.find(this.#drawn.sequence);
    if (!prediction || !this.#drawn || prediction.sequence >= this.#drawn.sequence) return null;
    return (this.#drawn.timestamp - prediction.timestamp) / 1000;
  }

  /** @param {Frame} frame */
  #receive(frame) {
    this.#receivedAt = performance.now();
    if (!this.#syncBoxes() || !this.predictions.active) {
      this.#syncBuffer.clear();
      this.#renderer.render(frame);
      return;
    }
    // Acknowledged now: the server measures how fast frames arrive here, not how long they wait for a predictor.
    frame.acknowledge();
    this.#syncBuffer.add({ ...frame, acknowledge() {} }, this.predictions.timeout);
    this.#renderSynced();
  }

  #renderSynced() {
    const { newest } = this.predictions;
    const frame = newest && this.#syncBuffer.take(newest.sequence);
    if (frame) this.#renderer.render(frame);
  }

  /** Draws the prediction for the frame that is shown, or else the newest one if it is not too old. */
  #drawPrediction() {
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
    // Lines that are solid only from a prediction to the next frame would flicker.
    const steady = this.#syncBoxes() || (this.stats.fps ?? 0) < slowFps;
    this.#overlay.draw(prediction, { size: drawn.size, dashed: !own || !steady });
  }

  /** Called when there is something to draw for the first time: most cameras have no predictor. */
  #createOverlay() {
    const canvas = document.createElement("canvas");
    canvas.className = "boxes";
    canvas.ariaHidden = "true";
    this.#canvas.after(canvas);
    return new Overlay(canvas, () => this.#drawPrediction());
  }
}
