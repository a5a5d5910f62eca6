import { ServerClock } from "./server-clock.js";

/** @import { ClientMessage } from "./server.ts" */

/** Milliseconds between two pings, and between the first few, which set the clock. */
const pingInterval = 2000;
const firstPingInterval = 100;
const firstPings = 5;
/** Milliseconds without any message after which a connection counts as lost: before `hello`, and while pings are sent. */
const helloTimeout = 4000;
const messageTimeout = 8000;

/** Pings the server: the pongs set the clock, and silence shows that the connection is lost. */
export class Heartbeat {
  /** The server's clock, as far as it is known. */
  clock = new ServerClock();
  #send;
  #ontimeout;
  #lastMessage = 0;
  #pinging = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #pings = 0;
  /** @type {Map<number, number>} */
  #sent = new Map();

  /** @param {{ send: (message: ClientMessage) => void, ontimeout: () => void }} connection `ontimeout` is called when it is lost */
  constructor({ send, ontimeout }) {
    this.#send = send;
    this.#ontimeout = ontimeout;
  }

  /** Begins to wait for the first message, when a connection is being made. */
  start() {
    this.stop();
    this.onMessage();
    this.#beat();
  }

  /** Begins to send pings, when the connection is open. */
  startPings() {
    this.#pinging = true;
    this.#beat();
  }

  /** Notes that a message has arrived, whichever. */
  onMessage() {
    this.#lastMessage = performance.now();
  }

  /**
   * Sets the clock by a pong.
   * @param {number} id of the ping
   * @param {number} now the server's time, in milliseconds of its clock
   */
  onPong(id, now) {
    const sent = this.#sent.get(id);
    if (sent !== undefined) this.clock.add(sent, this.#lastMessage, now);
    this.#sent.delete(id);
  }

  /** Stops and forgets the clock: the next connection may lead to another server. */
  stop() {
    clearTimeout(this.#timer);
    this.#pinging = false;
    this.#pings = 0;
    this.#sent.clear();
    this.clock.reset();
  }

  #beat() {
    clearTimeout(this.#timer);
    if (performance.now() - this.#lastMessage > (this.#pinging ? messageTimeout : helloTimeout)) {
      this.#ontimeout();
      return;
    }
    if (this.#pinging) {
      const id = this.#pings++;
      this.#sent.set(id, performance.now());
      this.#send({ type: "ping", id });
    }
    const delay = this.#pinging && this.#pings < firstPings ? firstPingInterval : pingInterval;
    this.#timer = setTimeout(() => this.#beat(), delay);
  }
}
