import { cameraUrl } from "./urls.js";

/** @import { Camera, ServerStatus } from "./camera-list.js" */
/** @import { Observation } from "./status.js" */

/** Milliseconds between two snapshots, a little less than 2 s because `update` is called twice a second. */
const interval = 1900;
/** Milliseconds. */
const timeout = 5000;

/** One snapshot at a time for the whole page, which would otherwise use up the browser's connections to the server. */
let queue = Promise.resolve();

/** An `<img>` that shows a snapshot of a camera every two seconds, where no stream can be had. */
export class SnapshotImage {
  #image;
  #onchange;
  /** @type {string | null} */
  #id = null;
  #openedAt = 0;
  #requestedAt = Number.NEGATIVE_INFINITY;
  #requesting = false;
  /** @type {number | null} */
  #drawnAt = null;
  #closed = new AbortController();

  /**
   * @param {HTMLImageElement} image owned by this object from now on
   * @param {() => void} onchange called when the first snapshot is shown
   */
  constructor(image, onchange) {
    this.#image = image;
    this.#onchange = onchange;
  }

  /** @returns {Observation} */
  get observation() {
    const now = performance.now();
    const drawnAge = this.#drawnAt === null ? null : now - this.#drawnAt;
    return { connected: this.#drawnAt !== null, drawnAge, silence: now - this.#openedAt, failed: false };
  }

  /** @param {string} id of the camera to show; to be called once */
  open(id) {
    this.#id = id;
    this.#openedAt = performance.now();
  }

  /** Requests no more snapshots. */
  close() {
    this.#id = null;
    this.#closed.abort();
  }

  /**
   * Requests the next snapshot when it is time; to be called about twice a second.
   * @param {Camera | undefined} camera
   * @param {ServerStatus} server
   */
  update(camera, server) {
    // Without frames a request would wait, and make others wait, except that it starts a camera that is idle.
    const hasFrames = camera?.state === "live" || camera?.state === "idle";
    if (!this.#id || this.#requesting || server.state !== "online" || !hasFrames) return;
    if (performance.now() - this.#requestedAt < interval) return;
    const id = this.#id;
    this.#requesting = true;
    queue = queue.then(() => this.#request(id));
  }

  /** @param {string} id */
  async #request(id) {
    this.#requestedAt = performance.now();
    const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(timeout)]);
    let url = "";
    try {
      const response = await fetch(cameraUrl(id, "snapshot"), { cache: "no-store", signal });
      if (!response.ok) return;
      url = URL.createObjectURL(await response.blob());
      this.#image.src = url;
      await this.#image.decode();
      const first = this.#drawnAt === null;
      this.#drawnAt = performance.now();
      if (first) this.#onchange();
    } catch {
      // The age of the last snapshot shows that there is no newer one.
    } finally {
      URL.revokeObjectURL(url);
      this.#requesting = false;
    }
  }
}
