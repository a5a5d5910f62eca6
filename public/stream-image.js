import { Backoff } from "./backoff.js";
import { equalPixels, samplePixels, sampleSnapshot } from "./pixel-sample.js";
import { stallTimeout } from "./status.js";
import { cameraUrl } from "./urls.js";

/** @import { Camera, ServerStatus } from "./camera-list.js" */
/** @import { Observation } from "./status.js" */

/** Milliseconds beyond the stall timeout in which the first frame of a stream has to arrive. */
const loadGrace = 2000;
/** Milliseconds in which the frame that a snapshot showed may still be on its way here. */
const snapshotGrace = 1000;

/**
 * An `<img>` that shows a camera's stream and notices when it stops.
 * Most browsers fire an event for the first frame only, and none for the end, a reset or silence. So `update` looks whether
 * the pixels change. When they do not, it fetches a snapshot: if that shows something else, the stream has stopped.
 */
export class StreamImage {
  #image;
  #onchange;
  #backoff = new Backoff();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {string | null} */
  #id = null;
  #abort = new AbortController();
  #loaded = false;
  #available = true;
  #connectedAt = 0;
  /** When the image was last known to be live. @type {number | null} */
  #verifiedAt = null;
  /** When a snapshot was found to show something else. @type {number | null} */
  #mismatchAt = null;
  #comparing = false;
  /** @type {Uint8ClampedArray | null} */
  #pixels = null;

  /**
   * @param {HTMLImageElement} image owned by this object from now on
   * @param {() => void} onchange called when the first frame has arrived, and when the stream has failed
   */
  constructor(image, onchange) {
    this.#image = image;
    this.#onchange = onchange;
    image.onload = () => {
      if (!this.#id) return;
      // Firefox fires it for every frame.
      const first = !this.#loaded;
      this.#loaded = true;
      this.#verify();
      if (first) onchange();
    };
    image.onerror = () => {
      if (!this.#id) return;
      // An empty image is better than the icon for a broken one.
      image.removeAttribute("src");
      this.#retry();
    };
  }

  /** @returns {Observation} */
  get observation() {
    const now = performance.now();
    const drawnAge = this.#verifiedAt === null ? null : now - this.#verifiedAt;
    return { connected: this.#loaded, drawnAge, silence: now - this.#connectedAt, failed: false };
  }

  /** @param {string} id of the camera to show, in place of any other */
  open(id) {
    this.close();
    this.#id = id;
    this.#available = true;
    this.#connect();
  }

  /** Closes the connection: an `<img>` that is only hidden or removed may keep it open for ever. */
  close() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#id = this.#verifiedAt = this.#pixels = null;
    this.#loaded = false;
    this.#backoff.reset();
    this.#image.src = "";
    this.#image.removeAttribute("src");
  }

  /**
   * Checks whether the stream goes on, and reconnects if not; to be called about twice a second.
   * @param {Camera | undefined} camera
   * @param {ServerStatus} server
   */
  update(camera, server) {
    if (!this.#id) return;
    const available = server.state === "online" && camera !== undefined && camera.state !== "ended";
    const returned = available && !this.#available;
    this.#available = available;
    // After a restart of the server an old connection may look open and bring nothing.
    if (returned) this.#connect();
    if (!available || camera.state !== "live") return;
    const timeout = stallTimeout(camera.fps);
    if (!this.#loaded) {
      if (this.observation.silence > timeout + loadGrace) this.#retry();
      return;
    }
    const pixels = samplePixels(this.#image);
    if (!equalPixels(pixels, this.#pixels, 0)) {
      this.#verify();
      this.#backoff.reset();
    }
    this.#pixels = pixels;
    if (this.#mismatchAt !== null && performance.now() - this.#mismatchAt > snapshotGrace) this.#retry();
    else if (this.#mismatchAt === null && (this.observation.drawnAge ?? 0) > timeout / 2) this.#compare();
  }

  #verify() {
    this.#verifiedAt = performance.now();
    this.#mismatchAt = null;
  }

  async #compare() {
    if (this.#comparing || !this.#id) return;
    this.#comparing = true;
    const { signal } = this.#abort;
    try {
      const snapshot = await sampleSnapshot(this.#id, signal);
      if (signal.aborted) return;
      if (equalPixels(snapshot, samplePixels(this.#image))) this.#verify();
      else this.#mismatchAt = performance.now();
    } catch {
      // Without a snapshot nothing is proven, and the age of the image goes on growing.
    } finally {
      this.#comparing = false;
    }
  }

  #connect() {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#abort = new AbortController();
    this.#connectedAt = performance.now();
    this.#loaded = false;
    this.#mismatchAt = this.#pixels = null;
    // A new URL each time: for a known one a browser may show the last frame from its cache.
    if (this.#id) this.#image.src = `${cameraUrl(this.#id, "stream")}?t=${Date.now()}`;
  }

  #retry() {
    clearTimeout(this.#timer);
    this.#loaded = false;
    this.#mismatchAt = null;
    this.#connectedAt = performance.now();
    this.#onchange();
    // While the server or the camera is not available, `update` reconnects when it returns.
    if (this.#available) this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }
}
