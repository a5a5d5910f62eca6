import { Backoff } from "./backoff.js";
import { Heartbeat } from "./heartbeat.js";
import { Subscriptions } from "./subscriptions.js";
import { parseFrame, parseMessage, protocol } from "./teecam-v1.js";

/** @import { ClientMessage, ServerMessage } from "./server.ts" */

/**
 * Called when something happens to a connection.
 * @typedef {object} ConnectionListeners
 * @property {() => void} onchange frames can arrive, or can no longer arrive
 * @property {() => void} onfailure an attempt has failed; `setServerReachable` should be called when it is known
 * @property {(camera: string, state: string) => void} onstate the server reports the state of a subscribed camera
 * @property {() => void} oncameras the server's cameras have changed
 */

/** After so many failed attempts in a row, while HTTP works, something between here and the server blocks WebSockets. */
const maxFailures = 3;
/** Milliseconds between attempts while WebSockets are blocked. */
const blockedDelay = 30_000;

/**
 * The page's one WebSocket, which brings the frames of all cameras that are subscribed to. It reconnects by itself, 0.5 s
 * to 5 s after it was lost. It keeps no frames: each goes to its listener at once.
 */
export class Connection {
  /** When the last attempt to connect began, as of performance.now(). */
  attemptedAt = 0;
  /** Whether WebSockets are blocked while HTTP works; another attempt is made all the same, every 30 s. */
  blocked = false;
  subscriptions = new Subscriptions((message) => this.#send(message));
  #url;
  #listeners;
  #backoff = new Backoff();
  #heartbeat = new Heartbeat({ send: (message) => this.#send(message), ontimeout: () => this.#lose() });
  /** @type {WebSocket | null} */
  #socket = null;
  #greeted = false;
  #wanted = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #failures = 0;
  /** Whether the last attempt failed, and nobody knows yet whether the server was reachable. */
  #unexplained = false;

  /**
   * @param {string} url absolute, `ws:` or `wss:`
   * @param {ConnectionListeners} listeners
   */
  constructor(url, listeners) {
    this.#url = url;
    this.#listeners = listeners;
  }

  /** The server's clock, as far as it is known. */
  get clock() {
    return this.#heartbeat.clock;
  }

  /** Whether frames can arrive now. */
  get connected() {
    return this.#greeted && this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connects and stays connected, until `close`. */
  open() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#connect();
  }

  /** Closes the connection, and makes no further attempt until `open`. */
  close() {
    this.#wanted = false;
    this.#backoff.reset();
    this.#drop();
  }

  /** Makes the next attempt now, because something suggests that it can succeed. */
  retryNow() {
    if (!this.#wanted || this.#socket) return;
    this.#backoff.reset();
    this.#connect();
  }

  /**
   * Tells whether the server can be reached by HTTP: if so, a failed attempt means that WebSockets are blocked.
   * @param {boolean} reachable
   */
  setServerReachable(reachable) {
    if (!reachable) this.#failures = 0;
    else if (this.#unexplained) this.#failures++;
    this.#unexplained = false;
    if (this.blocked || this.#failures < maxFailures) return;
    this.blocked = true;
    if (!this.#socket && this.#wanted) this.#scheduleRetry();
    this.#listeners.onchange();
  }

  #connect() {
    this.#drop();
    this.attemptedAt = performance.now();
    const socket = new WebSocket(this.#url, protocol);
    // Dropped messages are then only garbage; each Blob would be registered with the browser.
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.#heartbeat.onMessage();
      if (data instanceof ArrayBuffer) this.#receiveFrame(socket, data);
      else this.#receiveMessage(parseMessage(data));
    };
    socket.onclose = () => this.#lose();
    this.#socket = socket;
    this.#heartbeat.start();
  }

  /** @param {ServerMessage} message */
  #receiveMessage(message) {
    if (message.type === "hello") this.#receiveHello(message.cameras);
    else if (message.type === "state") this.#listeners.onstate(message.camera, message.state);
    else if (message.type === "prediction") this.subscriptions.deliverPrediction(message);
    else if (message.type === "pong") this.#heartbeat.onPong(Number(message.id), message.clock);
    else if (message.type === "error") console.warn(`Error from the server: ${message.error}`);
  }

  /**
   * The server sends its cameras first, and again when they change.
   * @param {readonly string[]} cameras
   */
  #receiveHello(cameras) {
    this.subscriptions.setAvailable(cameras);
    if (this.#greeted) {
      this.#listeners.oncameras();
      return;
    }
    this.#greeted = true;
    this.blocked = this.#unexplained = false;
    this.#failures = 0;
    this.#backoff.reset();
    this.#heartbeat.startPings();
    this.#listeners.onchange();
  }

  /**
   * @param {WebSocket} socket
   * @param {ArrayBuffer} data
   */
  #receiveFrame(socket, data) {
    const frame = parseFrame(data);
    const { camera, sequence } = frame;
    const acknowledge = () => {
      // A later connection knows nothing of this frame.
      if (socket === this.#socket) this.#send({ type: "ack", camera, sequence, trip: this.clock.rtt ?? undefined });
    };
    this.subscriptions.deliverFrame({ ...frame, acknowledge });
  }

  /** @param {ClientMessage} message */
  #send(message) {
    if (this.connected) this.#socket?.send(JSON.stringify(message));
  }

  #lose() {
    if (!this.#greeted) this.#unexplained = true;
    this.#drop();
    // After an orderly close as well: the list of cameras says better than a close code whether to try again.
    this.#scheduleRetry();
    if (this.#unexplained) this.#listeners.onfailure();
    this.#listeners.onchange();
  }

  #scheduleRetry() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), this.blocked ? blockedDelay : this.#backoff.next());
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#heartbeat.stop();
    this.#greeted = false;
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    // The close event may come a minute later when the peer is gone, and no longer matters.
    socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
