/** @import { Frame } from "./subscriptions.js" */

/** Two seconds of a fast camera. */
const maxFrames = 64;
const maxBytes = 16 * 1024 * 1024;

/**
 * Frames that wait for their prediction, the oldest first, each for a limited time. They wait undecoded: a frame that is
 * never drawn need not be decoded, and a decoded one takes thirty times the memory.
 *
 * Bound: 64 frames, 16 MiB.
 */
export class SyncBuffer {
  /** @type {{ frame: Frame, deadline: number }[]} */
  #waiting = [];
  #bytes = 0;
  #ontimeout;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {(frame: Frame) => void} ontimeout called with the newest of the frames whose time has run out */
  constructor(ontimeout) {
    this.#ontimeout = ontimeout;
  }

  /**
   * Keeps a frame that has been acknowledged.
   * @param {Frame} frame
   * @param {number} timeout milliseconds
   */
  add(frame, timeout) {
    // A sequence that goes back is that of a restarted server.
    if (frame.sequence <= (this.#waiting.at(-1)?.frame.sequence ?? -1)) this.clear();
    this.#waiting.push({ frame, deadline: performance.now() + timeout });
    this.#bytes += frame.jpeg.length;
    while (this.#waiting.length > maxFrames || (this.#bytes > maxBytes && this.#waiting.length > 1)) this.#drop(1);
    this.#schedule();
  }

  /**
   * Removes the frame that a prediction belongs to, and all older ones, and returns it. If that frame was skipped, which
   * newer ones show, it is the newest before it.
   * @param {number} sequence of the frame that was predicted
   * @returns {Frame | null} null when there is none, or it may still arrive
   */
  take(sequence) {
    const index = this.#waiting.findLastIndex(({ frame }) => frame.sequence <= sequence);
    const found = this.#waiting[index]?.frame;
    if (!found || (found.sequence < sequence && index === this.#waiting.length - 1)) return null;
    this.#drop(index + 1);
    this.#schedule();
    return found;
  }

  /** Drops all frames. */
  clear() {
    this.#drop(this.#waiting.length);
    clearTimeout(this.#timer);
  }

  /** @param {number} count of the oldest */
  #drop(count) {
    for (const { frame } of this.#waiting.splice(0, count)) this.#bytes -= frame.jpeg.length;
  }

  #schedule() {
    clearTimeout(this.#timer);
    const [first] = this.#waiting;
    if (first) this.#timer = setTimeout(() => this.#expire(), first.deadline - performance.now());
  }

  #expire() {
    const index = this.#waiting.findLastIndex(({ deadline }) => deadline <= performance.now());
    const found = this.#waiting[index]?.frame;
    this.#drop(index + 1);
    this.#schedule();
    if (found) this.#ontimeout(found);
  }
}
