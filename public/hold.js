/** @typedef {import("./connection.js").Frame} Frame */

/** Frames that may wait: two seconds of a fast camera. */
const MOST = 64;
/** And as many bytes. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Frames that wait for what is predicted of them, the oldest first, each for a limited time. They wait as they came: what
 * is never painted need not be decoded, and a decoded picture takes thirty times the room.
 *
 * Bound: 64 frames, 16 MiB.
 */
export class Hold {
  /** @type {{ frame: Frame, until: number }[]} */
  #waiting = [];
  #bytes = 0;
  #onoverdue;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(frame: Frame) => void} onoverdue hears of the newest frame that has waited for too long */
  constructor(onoverdue) {
    this.#onoverdue = onoverdue;
  }

  /**
   * Keeps a frame that has been acknowledged.
   * @param {Frame} frame
   * @param {number} patience milliseconds
   */
  add(frame, patience) {
    // A sequence that goes back is that of a server started anew.
    if (frame.sequence <= (this.#waiting.at(-1)?.frame.sequence ?? -1)) this.clear();
    this.#waiting.push({ frame, until: performance.now() + patience });
    this.#bytes += frame.jpeg.length;
    while (this.#waiting.length > MOST || (this.#bytes > MOST_BYTES && this.#waiting.length > 1)) this.#drop(1);
    this.#watch();
  }

  /**
   * Gives the frame that a prediction is of, and forgets it and all older ones. Where that frame is known never to have
   * come, because newer ones have, it is the newest before it.
   * @param {number} sequence of the frame that was predicted
   * @returns {Frame | null} null when there is none, or it may yet come
   */
  take(sequence) {
    const index = this.#waiting.findLastIndex(({ frame }) => frame.sequence <= sequence);
    const found = this.#waiting[index]?.frame;
    if (!found || (found.sequence < sequence && index === this.#waiting.length - 1)) return null;
    this.#drop(index + 1);
    this.#watch();
    return found;
  }

  /** Forgets all. */
  clear() {
    this.#drop(this.#waiting.length);
    clearTimeout(this.#timer);
  }

  /** @param {number} count of the oldest */
  #drop(count) {
    for (const { frame } of this.#waiting.splice(0, count)) this.#bytes -= frame.jpeg.length;
  }

  #watch() {
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (first) this.#timer = setTimeout(() => this.#release(), first.until - performance.now());
  }

  #release() {
    const index = this.#waiting.findLastIndex(({ until }) => until <= performance.now());
    const found = this.#waiting[index]?.frame;
    this.#drop(index + 1);
    this.#watch();
    if (found) this.#onoverdue(found);
  }
}
