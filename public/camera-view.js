import { DrawStats } from "./draw-stats.js";
import { FrameRenderer } from "./frame-renderer.js";
import { PredictionLayer } from "./prediction-layer.js";
import { stallTimeout } from "./status.js";
import { SyncBuffer } from "./sync-buffer.js";
import { cameraUrl } from "./urls.js";

/** @import { Camera } from "./camera-list.js" */
/** @import { Connection } from "./connection.js" */
/** @import { Orientation } from "./orientation.js" */
/** @import { Observation } from "./status.js" */
/** @import { Frame } from "./subscriptions.js" */

/** Frames per second below which a frame is shown for long enough that its boxes, when they arrive, need not be dashed. */
const slowFps = 4;
/** Milliseconds beyond the stall timeout after which the page subscribes to a silent camera again. */
const renewalGrace = 10_000;
/** Milliseconds by which the list of cameras may be behind their frames. */
const listDelay = 1000;

/**
 * One camera by the page's connection: its frames on a canvas, and what is predicted drawn over them.
 *
 * By default each frame is drawn at once, and boxes of an older frame are dashed. With synchronized boxes a frame waits for
 * its own prediction, and both are painted together; it does not wait while no predictions arrive.
 */
export class CameraView {
  stats = new DrawStats();
  #canvas;
  #connection;
  #syncBoxes;
  #renderer;
  #layer;
  #syncBuffer = new SyncBuffer((frame) => this.#renderer.render(frame));
  /** @type {string | null} */
  #id = null;
  /** When a frame last arrived, or was last subscribed to. */
  #receivedAt = 0;
  /** @type {string | null} The camera whose frame is on the canvas. */
  #drawnId = null;
  /** @type {string | null} The camera whose last frame from before has been asked for. */
  #askedId = null;

  /**
   * @param {HTMLCanvasElement} canvas owned by the view from now on
   * @param {{ connection: Connection, syncBoxes: () => boolean, ondraw: () => void }} options `syncBoxes` tells whether
   *   frames wait for their boxes; `ondraw` is called after each frame is drawn
   */
  constructor(canvas, { connection, syncBoxes, ondraw }) {
    this.#canvas = canvas;
    this.#connection = connection;
    this.#syncBoxes = syncBoxes;
    this.#layer = new PredictionLayer(canvas);
    this.#renderer = new FrameRenderer(canvas, ({ sequence, timestamp, clock }, size) => {
      this.stats.add(sequence, connection.clock.elapsedSince(clock));
      this.#drawnId = this.#id ?? this.#drawnId;
      const dashed = !this.#syncBoxes() && (this.stats.fps ?? 0) >= slowFps;
      this.#layer.setFrame({ sequence, timestamp, size }, dashed);
      ondraw();
    });
  }

  get predictions() {
    return this.#layer.predictions;
  }

  /** The canvas of the boxes, which covers that of the frames; null before the first box. */
  get boxes() {
    return this.#layer.canvas;
  }

  /** Milliseconds by which the boxes are older than the frame they are drawn over; null when they are its own. */
  get boxAge() {
    return this.#layer.age;
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
        this.#layer.draw();
      },
    });
  }

  /** Unsubscribes from the camera; its last frame stays on the canvas. */
  close() {
    if (this.#id !== null) this.#connection.subscriptions.remove(this.#id);
    this.#id = this.#askedId = null;
    this.#syncBuffer.clear();
    this.#renderer.reset();
    this.#layer.clear();
    this.predictions.clear();
    this.stats.restart();
  }

  /**
   * Takes in how the server lists the camera.
   *
   * One that is not live shows its last frame, or nothing if it has none: a picture of before the server was restarted
   * must not stand for it. One that is live and silent is subscribed to again: the server may have lost the subscription.
   * @param {Camera} camera
   */
  update({ id, state, age, fps }) {
    if (state === "live") {
      if (this.#id !== null && this.observation.silence > stallTimeout(fps) + renewalGrace) this.#renew();
    } else if (age !== null) void this.#showLast(id);
    // The list may be older than a frame that has just come.
    else if ((this.#renderer.age ?? Number.POSITIVE_INFINITY) > listDelay) this.#showNothing();
  }

  /** @param {Orientation} orientation in which the picture is shown from now on */
  setOrientation(orientation) {
    this.#layer.setOrientation(orientation);
  }

  /** @param {number} scale by which the canvas is enlarged; from its next frame on it has more pixels */
  setZoom(scale) {
    this.#renderer.zoom = scale;
  }

  /** @returns {Observation} */
  get observation() {
    const { connected, attemptedAt } = this.#connection;
    const { age: drawnAge, failed } = this.#renderer;
    return { connected, drawnAge, silence: performance.now() - Math.max(this.#receivedAt, attemptedAt), failed };
  }

  /**
   * Draws the last frame, once, unless one has been drawn; it does not count as drawn.
   * @param {string} id of the camera, also if it has ended and is not subscribed to
   */
  async #showLast(id) {
    if (this.#askedId === id || this.#drawnId === id) return;
    const opened = this.#id;
    this.#askedId = id;
    try {
      const response = await fetch(`${cameraUrl(id, "snapshot")}?max_age=1e9`, { cache: "no-store" });
      if (!response.ok) return;
      const jpeg = await response.blob();
      if (opened === this.#id && this.#drawnId !== id) await this.#renderer.renderStill(jpeg);
    } catch {
      // without it the canvas stays empty, as its notice says
    }
  }

  #showNothing() {
    if (this.#canvas.width > 0) this.#renderer.clear();
    this.#drawnId = this.#askedId = null;
    this.#layer.clear();
  }

  #renew() {
    if (!this.#connection.connected) return;
    this.#receivedAt = performance.now();
    this.#connection.subscriptions.renew();
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
}
