import { address } from "./address.js";
import { Backoff } from "./backoff.js";
import { alike, sample, sampleSnapshot } from "./sample.js";
import { patience } from "./verdict.js";

/**
 * An `<img>` that shows a camera's stream and notices when it stops.
 * Browsers tell only of the first picture; ends, resets and silence pass without an event. So `check` looks whether the
 * pixels change, and when they do not, asks the server for a snapshot: if that shows something else, the stream is dead.
 */
export class StreamImage {
  #image;
  #onchange;
  #backoff = new Backoff();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {string | null} */
  #id = null;
  #lookup = new AbortController();
  #loaded = false;
  #usable = true;
  #begun = 0;
  /** When the picture was last known to be a live one. @type {number | null} */
  #proven = null;
  /** When a snapshot was found to show something else. @type {number | null} */
  #suspected = null;
  #comparing = false;
  /** @type {Uint8ClampedArray | null} */
  #seen = null;

  /**
   * @param {HTMLImageElement} image owned by the stream from now on
   * @param {() => void} onchange called when pictures begin to arrive, and when they cannot
   */
  constructor(image, onchange) {
    this.#image = image;
    this.#onchange = onchange;
    image.onload = () => {
      if (!this.#id) return;
      // Firefox tells of every picture.
      const first = !this.#loaded;
      this.#loaded = true;
      this.#prove();
      if (first) onchange();
    };
    image.onerror = () => {
      if (!this.#id) return;
      // Nothing to see is better than the sign for a broken image.
      image.removeAttribute("src");
      this.#retry();
    };
  }

  /** @returns {import("./verdict.js").Sight} */
  get sight() {
    const now = performance.now();
    const drawn = this.#proven === null ? null : now - this.#proven;
    return { connected: this.#loaded, drawn, quiet: now - this.#begun, broken: false };
  }

  /** @param {string} id of the camera to show, instead of any other */
  open(id) {
    this.close();
    this.#id = id;
    this.#usable = true;
    this.#connect();
  }

  /** Lets go of the connection: an `<img>` that is only hidden or removed may keep it for ever. */
  close() {
    clearTimeout(this.#timer);
    this.#lookup.abort();
    this.#id = this.#proven = this.#seen = null;
    this.#loaded = false;
    this.#backoff.reset();
    this.#image.src = "";
    this.#image.removeAttribute("src");
  }

  /**
   * To be called about twice a second.
   * @param {import("./cameras.js").Camera | undefined} camera
   * @param {import("./cameras.js").Server} server
   */
  check(camera, server) {
    if (!this.#id) return;
    const usable = server.reach === "reached" && camera !== undefined && camera.state !== "ended";
    const returned = usable && !this.#usable;
    this.#usable = usable;
    // Whatever the connection was before, it is not to be trusted behind a restart.
    if (returned) this.#connect();
    if (!usable || camera.state !== "live") return;
    const limit = patience(camera.fps);
    if (!this.#loaded) {
      if (this.sight.quiet > limit + 2000) this.#retry();
      return;
    }
    const seen = sample(this.#image);
    if (!alike(seen, this.#seen, 0)) {
      this.#prove();
      this.#backoff.reset();
    }
    this.#seen = seen;
    // A second more, because the picture that the snapshot showed may still be on its way here.
    if (this.#suspected !== null && performance.now() - this.#suspected > 1000) this.#retry();
    else if (this.#suspected === null && (this.sight.drawn ?? 0) > limit / 2) this.#compare();
  }

  #prove() {
    this.#proven = performance.now();
    this.#suspected = null;
  }

  async #compare() {
    if (this.#comparing || !this.#id) return;
    this.#comparing = true;
    const { signal } = this.#lookup;
    try {
      const truth = await sampleSnapshot(this.#id, signal);
      if (signal.aborted) return;
      if (alike(truth, sample(this.#image))) this.#prove();
      else this.#suspected = performance.now();
    } catch {
      // No snapshot, no proof: the picture grows old, and the verdict with it.
    } finally {
      this.#comparing = false;
    }
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#lookup.abort();
    this.#lookup = new AbortController();
    this.#begun = performance.now();
    this.#loaded = false;
    this.#suspected = this.#seen = null;
    // A new address each time: a browser may answer a known one with the last picture it had from there.
    if (this.#id) this.#image.src = `${address(this.#id, "stream")}?t=${Date.now()}`;
  }

  #retry() {
    clearTimeout(this.#timer);
    this.#loaded = false;
    this.#suspected = null;
    this.#begun = performance.now();
    this.#onchange();
    // While the server or the camera is gone, their return is what starts the next attempt.
    if (this.#usable) this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }
}
