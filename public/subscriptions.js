/** @import { ClientMessage, Prediction } from "./server.ts" */
/** @import { ReceivedFrame } from "./teecam-v1.js" */

/**
 * A frame that is to be acknowledged: `acknowledge` is called once, as soon as it is drawn, dropped or found not to be
 * decodable. The server sends only as much as the path holds, and waits for this.
 * @typedef {ReceivedFrame & { readonly acknowledge: () => void }} Frame
 */

/**
 * Receives what arrives of one camera. The prediction for a frame may come before the frame, after it, or never.
 * @typedef {object} CameraListener
 * @property {(frame: Frame) => void} onframe
 * @property {(prediction: Prediction) => void} onprediction
 */

/** The cameras that the page is subscribed to, by its one connection. */
export class Subscriptions {
  #send;
  /** @type {Map<string, CameraListener>} */
  #listeners = new Map();
  /**
   * Those that the server has; the page may not know yet that others are gone.
   * @type {ReadonlySet<string>}
   */
  #available = new Set();
  /** @type {number | null} */
  #maxFps = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(message: ClientMessage) => void} send */
  constructor(send) {
    this.#send = send;
  }

  /**
   * Subscribes to a camera's frames and predictions, until `remove`.
   * @param {string} id
   * @param {CameraListener} listener
   */
  add(id, listener) {
    this.#listeners.set(id, listener);
    this.renew();
  }

  /** @param {string} id */
  remove(id) {
    if (this.#listeners.delete(id)) this.renew();
  }

  /** @param {number | null} fps the greatest rate of each camera, null for no limit */
  setMaxFps(fps) {
    if (this.#maxFps === fps) return;
    this.#maxFps = fps;
    this.renew();
  }

  /** @param {readonly string[]} ids of the cameras that the server has now, or has anew */
  setAvailable(ids) {
    this.#available = new Set(ids);
    this.renew();
  }

  /** Sends one subscription for all changes of this moment: tiles come into view in tasks of their own. */
  renew() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const cameras = [...this.#listeners.keys()].filter((id) => this.#available.has(id));
      this.#send({
        type: "subscribe",
        cameras,
        fps: this.#maxFps ?? undefined,
        ack: true,
        predictions: true,
        video: [],
      });
    });
  }

  /** @param {Frame} frame */
  deliverFrame(frame) {
    const listener = this.#listeners.get(frame.camera);
    if (listener) listener.onframe(frame);
    else frame.acknowledge(); // it was on its way when the subscription ended
  }

  /** @param {Prediction} prediction */
  deliverPrediction(prediction) {
    this.#listeners.get(prediction.camera)?.onprediction(prediction);
  }
}
