/** @import { Frame } from "./subscriptions.js" */

/**
 * Draws frames onto a canvas. While one is decoded a single other waits, and a newer one replaces it. Each is
 * acknowledged as soon as it is drawn, replaced or found not to be decodable.
 */
export class FrameRenderer {
  #canvas;
  #context;
  #ondraw;
  /** @type {Frame | null} */
  #pending = null;
  #decoding = false;
  /** Counts resets: a frame that was being decoded during one is not drawn. */
  #generation = 0;
  #width = 0;
  /** @type {number | null} */
  #drawnAt = null;
  /** Whether the last frame could not be decoded. */
  failed = false;
  /** How many times larger than its place in the page the canvas is shown. */
  zoom = 1;

  /**
   * @param {HTMLCanvasElement} canvas owned by the renderer from now on
   * @param {(frame: Frame, size: { width: number, height: number }) => void} ondraw called after each frame is drawn,
   *   before the browser paints it, with the size of the frame itself
   */
  constructor(canvas, ondraw) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#ondraw = ondraw;
    // An observer, because reading clientWidth at each frame would force a layout 30 times a second.
    new ResizeObserver(([entry]) => {
      this.#width = entry?.contentRect.width ?? 0;
    }).observe(canvas);
  }

  /** Milliseconds since a frame was drawn, null when none was since `reset`. */
  get age() {
    return this.#drawnAt === null ? null : performance.now() - this.#drawnAt;
  }

  /** Drops all frames; what is on the canvas stays there, and no longer counts as drawn. */
  reset() {
    this.#generation++;
    this.#drawnAt = null;
    this.#replace(null);
    this.failed = false;
  }

  /** Removes the picture from the canvas, and drops all frames. */
  clear() {
    this.reset();
    this.#canvas.width = this.#canvas.height = 0;
  }

  /** @param {Frame} frame */
  render(frame) {
    this.#replace(frame);
    if (!this.#decoding) this.#renderPending();
  }

  /**
   * Draws a picture of before, which does not count as drawn, unless a frame is drawn first.
   * @param {Blob} jpeg
   */
  async renderStill(jpeg) {
    const generation = this.#generation;
    const bitmap = await createImageBitmap(jpeg);
    if (generation === this.#generation && this.#drawnAt === null) this.#draw(bitmap);
    bitmap.close();
  }

  /** @param {Frame | null} frame */
  #replace(frame) {
    this.#pending?.acknowledge();
    this.#pending = frame;
  }

  async #renderPending() {
    this.#decoding = true;
    try {
      while (this.#pending) {
        const frame = this.#pending;
        const generation = this.#generation;
        this.#pending = null;
        const bitmap = await decode(frame);
        const current = generation === this.#generation;
        if (bitmap && current) {
          const { width, height } = bitmap;
          this.#draw(bitmap);
          this.#drawnAt = performance.now();
          this.#ondraw(frame, { width, height });
        }
        this.failed = bitmap === null && current;
        bitmap?.close();
        frame.acknowledge();
      }
    } finally {
      this.#decoding = false;
    }
  }

  /** @param {ImageBitmap} bitmap */
  #draw(bitmap) {
    // No more pixels than the screen shows: twenty canvases of full size would be hundreds of megabytes.
    const maxWidth = Math.ceil(this.#width * this.zoom * devicePixelRatio) || bitmap.width;
    const width = Math.min(bitmap.width, maxWidth);
    const height = Math.max(1, Math.round((bitmap.height * width) / bitmap.width));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context?.drawImage(bitmap, 0, 0, width, height);
  }
}

/**
 * @param {Frame} frame
 * @returns {Promise<ImageBitmap | null>} to be closed by the caller; null when it cannot be decoded
 */
async function decode({ jpeg }) {
  try {
    return await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  } catch {
    return null;
  }
}
