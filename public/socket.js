import { Backoff } from "./backoff.js";

/**
 * A WebSocket that brings one JPEG a message and comes back by itself, 0.5 s to 5 s after it was lost.
 * It keeps nothing: every message goes to `onframe` at once. Close it to end it.
 */
export class FrameSocket {
  #url;
  #onframe;
  #onchange;
  #backoff = new Backoff();
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #wanted = false;
  #heard = 0;

  /**
   * @param {string} url absolute, `ws:` or `wss:`
   * @param {{ onframe: (jpeg: ArrayBuffer) => void, onchange: () => void }} listeners
   *   `onchange` is called when the connection opens or is lost
   */
  constructor(url, { onframe, onchange }) {
    this.#url = url;
    this.#onframe = onframe;
    this.#onchange = onchange;
  }

  /** Whether messages can arrive now. */
  get connected() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Milliseconds since the last message, or since the attempt to connect began. */
  get quiet() {
    return performance.now() - this.#heard;
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

  /** Gives up a connection that looks open but brings nothing. */
  restart() {
    if (!this.#wanted || !this.#socket) return;
    this.#drop();
    this.#wait();
  }

  #connect() {
    this.#drop();
    this.#heard = performance.now();
    const socket = new WebSocket(this.#url);
    // Dropped messages are then only garbage; a Blob would be registered with the browser for each of them.
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.#onchange();
    socket.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return;
      this.#heard = performance.now();
      this.#backoff.reset();
      this.#onframe(data);
    };
    socket.onclose = () => {
      this.#socket = null;
      // Also behind an orderly end: the list of cameras says better than a code whether another attempt makes sense.
      this.#wait();
      this.#onchange();
    };
    this.#socket = socket;
  }

  #wait() {
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }

  #drop() {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    if (!socket) return;
    // Its close may take a minute to be confirmed by a peer that is gone, and is of no interest any more.
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
