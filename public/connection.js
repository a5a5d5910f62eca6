import { Backoff } from "./backoff.js";
import { Pulse } from "./pulse.js";

/**
 * A picture as it has come.
 * @typedef {object} Frame
 * @property {string} camera
 * @property {number} sequence
 * @property {number} timestamp of its capture, in microseconds since the epoch by the server's clock
 * @property {Uint8Array<ArrayBuffer>} jpeg not to be changed
 * @property {() => void} done to be called once, as soon as it is drawn, discarded or found to be no picture:
 *   the server sends only as much as the path holds, and waits for this
 */

/**
 * Hears what comes of one camera.
 * @typedef {object} Watcher
 * @property {(frame: Frame) => void} onframe
 * @property {(prediction: import("./predictions.js").Prediction) => void} onprediction what was predicted of a frame,
 *   which may have come before, may come behind it, or not at all
 */

const PROTOCOL = "teecam.v1";
/** So many failed attempts in a row, while the list of cameras can be had, mean that something refuses WebSockets. */
const ATTEMPTS = 3;
const RETRY_REFUSED = 30_000;

const decoder = new TextDecoder();

/**
 * The page's one WebSocket, which brings the pictures of all cameras that are watched, and comes back by itself,
 * 0.5 s to 5 s after it was lost. It keeps no picture: each goes to its watcher at once.
 */
export class Connection {
  /** When the last attempt to connect began, as of performance.now(). */
  begun = 0;
  /** Whether WebSockets do not get through while HTTP does; another attempt is made all the same, every 30 s. */
  refused = false;
  #url;
  #listeners;
  #backoff = new Backoff();
  /** @type {WebSocket | null} */
  #socket = null;
  #greeted = false;
  #wanted = false;
  #pulse = new Pulse({ say: (message) => this.#send(message), onsilence: () => this.#lose() });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Map<string, Watcher>} */
  #watchers = new Map();
  /**
   * What the server has; the page may not know yet that others are gone.
   * @type {ReadonlySet<string>}
   */
  #offered = new Set();
  /** @type {number | null} */
  #fps = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #renewal;
  #failures = 0;
  #unexplained = false;

  /**
   * @param {string} url absolute, `ws:` or `wss:`
   * @param {{ onchange: () => void, onfailure: () => void, onstate: (camera: string, state: string) => void,
   *   oncameras: () => void }} listeners
   *   `onchange` when pictures can or cannot arrive any more; `onfailure` when an attempt has failed, for `explain` to
   *   be called; `onstate` for what the server says of a camera that is watched; `oncameras` when it has others
   */
  constructor(url, listeners) {
    this.#url = url;
    this.#listeners = listeners;
  }

  /** The server's clock, as far as it is known. */
  get clock() {
    return this.#pulse.clock;
  }

  /** Whether pictures can arrive now. */
  get connected() {
    return this.#greeted && this.#socket?.readyState === WebSocket.OPEN;
  }

  /**
   * Has a camera's pictures brought, and what is predicted of them, until `unwatch`.
   * @param {string} id
   * @param {Watcher} watcher
   */
  watch(id, watcher) {
    this.#watchers.set(id, watcher);
    this.renew();
  }

  /** @param {string} id */
  unwatch(id) {
    if (this.#watchers.delete(id)) this.renew();
  }

  /** @param {number | null} fps the most that is wanted of each camera, null for all there is */
  limit(fps) {
    if (this.#fps === fps) return;
    this.#fps = fps;
    this.renew();
  }

  /** Subscribes anew, once for all changes of one moment: tiles come into view in tasks of their own. */
  renew() {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      const cameras = [...this.#watchers.keys()].filter((id) => this.#offered.has(id));
      this.#send({ type: "subscribe", cameras, fps: this.#fps ?? undefined, ack: true, predictions: true });
    });
  }

  /** Connects unless it already does. */
  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  /** Ends the connection, and all attempts at one, until `open` is called. */
  close() {
    this.#wanted = false;
    this.#backoff.reset();
    this.#drop();
  }

  /** Stops waiting for the next attempt and makes it now: something says that it can succeed. */
  retry() {
    if (!this.#wanted || this.#socket) return;
    this.#backoff.reset();
    this.#connect();
  }

  /**
   * Tells whether the server can be reached otherwise, which is what a failed attempt means something by.
   * @param {boolean} reached
   */
  explain(reached) {
    if (!reached) this.#failures = 0;
    else if (this.#unexplained) this.#failures++;
    this.#unexplained = false;
    if (this.refused || this.#failures < ATTEMPTS) return;
    this.refused = true;
    if (!this.#socket && this.#wanted) this.#wait();
    this.#listeners.onchange();
  }

  #connect() {
    this.#drop();
    this.begun = performance.now();
    const socket = new WebSocket(this.#url, PROTOCOL);
    // Dropped messages are then only garbage; a Blob would be registered with the browser for each of them.
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#pulse.hear();
      if (data instanceof ArrayBuffer) this.#receive(socket, data);
      else this.#read(JSON.parse(data));
    };
    socket.onclose = () => this.#lose();
    this.#socket = socket;
    this.#pulse.begin();
  }

  /** @param {{ type: string, [field: string]: unknown }} message */
  #read(message) {
    if (message.type === "hello") {
      this.#offered = new Set(/** @type {string[]} */ (message.cameras));
      if (this.#greeted) this.#renewed();
      else this.#greet();
    } else if (message.type === "state") this.#listeners.onstate(String(message.camera), String(message.state));
    else if (message.type === "prediction") {
      const prediction = /** @type {import("./predictions.js").Prediction} */ (/** @type {unknown} */ (message));
      this.#watchers.get(prediction.camera)?.onprediction(prediction);
    } else if (message.type === "error") console.warn(`The server says: ${message.error}`);
    else if (message.type === "pong") this.#pulse.answer(Number(message.id), Number(message.now));
  }

  /** The server has other cameras than before, or others behind their names: those are to be subscribed to anew. */
  #renewed() {
    this.renew();
    this.#listeners.oncameras();
  }

  #greet() {
    this.#greeted = true;
    this.refused = this.#unexplained = false;
    this.#failures = 0;
    this.#backoff.reset();
    this.renew();
    this.#pulse.ask();
    this.#listeners.onchange();
  }

  /**
   * @param {WebSocket} socket
   * @param {ArrayBuffer} data
   */
  #receive(socket, data) {
    const length = new DataView(data).getUint16(0);
    const { camera, sequence, timestamp } = JSON.parse(decoder.decode(new Uint8Array(data, 2, length)));
    const done = () => {
      // A later connection knows nothing of this picture.
      if (socket === this.#socket) this.#send({ type: "ack", camera, sequence, trip: this.clock.trip ?? undefined });
    };
    const watcher = this.#watchers.get(camera);
    if (watcher) watcher.onframe({ camera, sequence, timestamp, jpeg: new Uint8Array(data, 2 + length), done });
    else done(); // it was on its way when the camera was left
  }

  /** @param {object} message */
  #send(message) {
    if (this.connected) this.#socket?.send(JSON.stringify(message));
  }

  #lose() {
    if (!this.#greeted) this.#unexplained = true;
    this.#drop();
    // Also behind an orderly end: the list of cameras says better than a code whether another attempt makes sense.
    this.#wait();
    if (this.#unexplained) this.#listeners.onfailure();
    this.#listeners.onchange();
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.refused ? RETRY_REFUSED : this.#backoff.next());
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#pulse.stop();
    this.#greeted = false;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    // Its close may take a minute to be confirmed by a peer that is gone, and is of no interest any more.
    socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
