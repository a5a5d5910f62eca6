import { Clock } from "./clock.js";

/** Milliseconds between two pings, and between the first few, which set the clock. */
const PING = 2000;
const FIRST_PING = 100;
const FIRST_PINGS = 5;
/** Milliseconds without any word, before the first one and though pings ask for one, after which a connection is lost. */
const GREETING = 4000;
const SILENCE = 8000;

/** Asks the server for a word again and again: its answers set the clock, and silence tells that the connection is lost. */
export class Pulse {
  /** The server's clock, as far as it is known. */
  clock = new Clock();
  #say;
  #onsilence;
  #heard = 0;
  /** Whether the server has greeted, and may be asked. */
  #asking = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #pings = 0;
  /** @type {Map<number, number>} */
  #sent = new Map();

  /** @param {{ say: (message: object) => void, onsilence: () => void }} connection what is asked, and who is told that it is lost */
  constructor({ say, onsilence }) {
    this.#say = say;
    this.#onsilence = onsilence;
  }

  /** A connection is being made: a first word is due. */
  begin() {
    this.stop();
    this.hear();
    this.#beat();
  }

  /** The first word has come: from now on there are pings. */
  ask() {
    this.#asking = true;
    this.#beat();
  }

  /** A word has come, whatever it says. */
  hear() {
    this.#heard = performance.now();
  }

  /**
   * A ping was answered.
   * @param {number} id
   * @param {number} now the server's time, in milliseconds since the epoch
   */
  answer(id, now) {
    const sent = this.#sent.get(id);
    if (sent !== undefined) this.clock.add(sent, this.#heard, now);
    this.#sent.delete(id);
  }

  /** The connection is over; the next one may lead to another server. */
  stop() {
    clearTimeout(this.#timer);
    this.#asking = false;
    this.#pings = 0;
    this.#sent.clear();
    this.clock.reset();
  }

  #beat() {
    clearTimeout(this.#timer);
    if (performance.now() - this.#heard > (this.#asking ? SILENCE : GREETING)) {
      this.#onsilence();
      return;
    }
    if (this.#asking) {
      const id = this.#pings++;
      this.#sent.set(id, performance.now());
      this.#say({ type: "ping", id });
    }
    const pause = this.#asking && this.#pings < FIRST_PINGS ? FIRST_PING : PING;
    this.#timer = setTimeout(() => this.#beat(), pause);
  }
}
