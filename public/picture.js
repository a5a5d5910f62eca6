/** @typedef {import("./connection.js").Frame} Frame */

/**
 * Draws frames onto a canvas, the newest one first: while one is decoded a single other waits, and a newer one
 * replaces it. Each is `done` as soon as it is drawn, replaced or found to be no picture.
 */
export class Picture {
  #canvas;
  #context;
  #ondraw;
  /** @type {Frame | null} */
  #waiting = null;
  #decoding = false;
  /** Counts what was forgotten: a picture that was being decoded then belongs to nothing any more. */
  #epoch = 0;
  #width = 0;
  /** @type {number | null} */
  #drawn = null;
  /** Whether the last message was no picture. */
  broken = false;

  /**
   * @param {HTMLCanvasElement} canvas owned by the picture from now on
   * @param {(frame: Frame, size: { width: number, height: number }) => void} ondraw called behind each picture drawn,
   *   before the browser paints it, with the size of the frame itself
   */
  constructor(canvas, ondraw) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d", { alpha: false });
    this.#ondraw = ondraw;
    // Its own observer and not clientWidth at each frame, which would force a layout 30 times a second.
    new ResizeObserver(([entry]) => {
      this.#width = entry?.contentRect.width ?? 0;
    }).observe(canvas);
  }

  /** Milliseconds since a picture was drawn, null when none was since `forget`. */
  get age() {
    return this.#drawn === null ? null : performance.now() - this.#drawn;
  }

  /** What is on the canvas counts as old from now on. */
  forget() {
    this.#epoch++;
    this.#drawn = null;
    this.#replace(null);
    this.broken = false;
  }

  /** @param {Frame} frame */
  show(frame) {
    this.#replace(frame);
    if (!this.#decoding) this.#decode();
  }

  /** @param {Frame | null} frame */
  #replace(frame) {
    this.#waiting?.done();
    this.#waiting = frame;
  }

  async #decode() {
    this.#decoding = true;
    try {
      while (this.#waiting) {
        const frame = this.#waiting;
        const epoch = this.#epoch;
        this.#waiting = null;
        const bitmap = await decode(frame);
        if (bitmap && epoch === this.#epoch) this.#paint(frame, bitmap);
        // One bad picture is the camera's matter; that none comes any more shows in `age` and `broken`.
        this.broken = bitmap === null && epoch === this.#epoch;
        bitmap?.close();
        frame.done();
      }
    } finally {
      this.#decoding = false;
    }
  }

  /**
   * @param {Frame} frame
   * @param {ImageBitmap} bitmap
   */
  #paint(frame, bitmap) {
    const { width, height } = bitmap;
    this.#draw(bitmap);
    this.#ondraw(frame, { width, height });
  }

  /** @param {ImageBitmap} bitmap */
  #draw(bitmap) {
    // No more pixels than the screen shows: twenty canvases of full size would be hundreds of megabytes.
    const shown = Math.ceil(this.#width * devicePixelRatio) || bitmap.width;
    const width = Math.min(bitmap.width, shown);
    const height = Math.max(1, Math.round((bitmap.height * width) / bitmap.width));
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    this.#context?.drawImage(bitmap, 0, 0, width, height);
    this.#drawn = performance.now();
  }
}

/**
 * @param {Frame} frame
 * @returns {Promise<ImageBitmap | null>} null when it is no picture; otherwise whoever called closes it
 */
async function decode({ jpeg }) {
  try {
    return await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
  } catch {
    return null;
  }
}
