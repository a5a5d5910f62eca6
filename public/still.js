import { address } from "./address.js";

/** Milliseconds between two pictures, a little less: it is looked at twice a second. */
const PERIOD = 1900;

/** One snapshot at a time for the whole page, or they would take the connections that streams and the list need. */
let turn = Promise.resolve();

/** An `<img>` that shows a snapshot of a camera every two seconds: a stand-in where no stream can be had. */
export class StillImage {
  #image;
  #onchange;
  /** @type {string | null} */
  #id = null;
  #begun = 0;
  #asked = Number.NEGATIVE_INFINITY;
  #asking = false;
  /** @type {number | null} */
  #drawn = null;
  #over = new AbortController();

  /**
   * @param {HTMLImageElement} image owned by the stand-in from now on
   * @param {() => void} onchange called when the first picture has come
   */
  constructor(image, onchange) {
    this.#image = image;
    this.#onchange = onchange;
  }

  /** @returns {import("./verdict.js").Sight} */
  get sight() {
    const now = performance.now();
    const drawn = this.#drawn === null ? null : now - this.#drawn;
    return { connected: this.#drawn !== null, drawn, quiet: now - this.#begun, broken: false };
  }

  /** @param {string} id of the camera to show; once */
  open(id) {
    this.#id = id;
    this.#begun = performance.now();
  }

  /** Asks no more. */
  close() {
    this.#id = null;
    this.#over.abort();
  }

  /**
   * To be called about twice a second.
   * @param {import("./cameras.js").Camera | undefined} camera
   * @param {import("./cameras.js").Server} server
   */
  check(camera, server) {
    // The snapshot of a camera that gives no frames would only wait, and keep others waiting; one that is idle wakes by it.
    const gives = camera?.state === "live" || camera?.state === "idle";
    if (!this.#id || this.#asking || server.reach !== "reached" || !gives) return;
    if (performance.now() - this.#asked < PERIOD) return;
    const id = this.#id;
    this.#asking = true;
    turn = turn.then(() => this.#ask(id));
  }

  /** @param {string} id */
  async #ask(id) {
    this.#asked = performance.now();
    const signal = AbortSignal.any([this.#over.signal, AbortSignal.timeout(5000)]);
    let url = "";
    try {
      const response = await fetch(address(id, "snapshot"), { cache: "no-store", signal });
      if (!response.ok) return;
      url = URL.createObjectURL(await response.blob());
      this.#image.src = url;
      await this.#image.decode();
      const first = this.#drawn === null;
      this.#drawn = performance.now();
      if (first) this.#onchange();
    } catch {
      // The picture grows old, and the verdict with it.
    } finally {
      URL.revokeObjectURL(url);
      this.#asking = false;
    }
  }
}
