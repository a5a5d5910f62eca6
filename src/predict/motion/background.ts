/** Difference of one picture from the background, per pixel. */
export interface Difference {
  /** Difference in brightness, 0 to 255; 0 if it is within the noise. */
  readonly amounts: Uint8Array;
  /** 1 if the pixel has changed since the picture before, otherwise 0. */
  readonly moving: Uint8Array;
}

/** A rectangle in pixels; `right` and `bottom` are exclusive. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const noise = 20; // levels of brightness that cameras and codecs add
const rate = 20; // levels per second by which the background follows
const maxStep = 0.5; // maximum seconds between two pictures that count

/**
 * Model of the picture without moving objects (sigma-delta, Manzanera and Richefeu 2007).
 *
 * Each pixel follows the picture by a fixed number of levels per second, whatever the distance, so that a passing object
 * leaves no trail and one that stays becomes background.
 */
export class Background {
  readonly #levels: Float32Array;
  #before: Uint8Array;
  #time: number;
  #step = 0;

  /** Starts with the first picture: `grey` has one byte per pixel, `time` is in seconds. */
  constructor(grey: Uint8Array, time: number) {
    this.#levels = Float32Array.from(grey);
    this.#before = grey;
    this.#time = time;
  }

  /** Number of pixels. */
  get size(): number {
    return this.#before.length;
  }

  /** Compares the next picture with the background, then updates the background. */
  compare(grey: Uint8Array, time: number): Difference {
    const step = rate * Math.min(Math.max(time - this.#time, 0), maxStep);
    const amounts = new Uint8Array(grey.length);
    const moving = new Uint8Array(grey.length);
    for (let i = 0; i < grey.length; i++) {
      const level = grey[i] ?? 0;
      const background = this.#levels[i] ?? 0;
      const gap = level - background;
      if (Math.abs(gap) > noise) amounts[i] = Math.abs(gap);
      if (Math.abs(level - (this.#before[i] ?? 0)) > noise / 2) moving[i] = 1;
      this.#levels[i] = background + Math.max(-step, Math.min(step, gap));
    }
    this.#step = step;
    this.#before = grey;
    this.#time = time;
    return { amounts, moving };
  }

  /** Follows the last picture at ten times the rate within a rectangle, as it stands still; `width` is that of the picture. */
  absorb({ left, top, right, bottom }: Rectangle, width: number): void {
    for (let y = top; y < bottom; y++) {
      for (let i = y * width + left; i < y * width + right; i++) {
        const background = this.#levels[i] ?? 0;
        const gap = (this.#before[i] ?? 0) - background;
        this.#levels[i] = background + Math.max(-10 * this.#step, Math.min(10 * this.#step, gap));
      }
    }
  }
}
