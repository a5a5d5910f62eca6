/** What differs from the background in one picture, pixel by pixel. */
export interface Difference {
  /** Brightness that differs, 0 to 255; 0 where it is as good as the background. */
  readonly amounts: Uint8Array;
  /** Whether the pixel has changed since the picture before. */
  readonly moving: Uint8Array;
}

/** Pixels; `right` and `bottom` are the first that are outside. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const noise = 20; // levels of brightness that cameras and their codecs add
const pace = 20; // levels a second by which the background follows
const maxStep = 0.5; // seconds that one picture can count for

/**
 * What a camera sees when nothing moves: each pixel goes towards the picture by so many levels a second, however far that
 * is, so that what passes by leaves no trail and what stays becomes background (sigma-delta, Manzanera and Richefeu 2007).
 */
export class Background {
  readonly #levels: Float32Array;
  #before: Uint8Array;
  #time: number;
  #step = 0;

  /** `grey` is the first picture, one byte a pixel; `time` in seconds. */
  constructor(grey: Uint8Array, time: number) {
    this.#levels = Float32Array.from(grey);
    this.#before = grey;
    this.#time = time;
  }

  /** How many pixels it has. */
  get size(): number {
    return this.#before.length;
  }

  /** Compares the next picture with it, then learns from that picture. */
  compare(grey: Uint8Array, time: number): Difference {
    const step = pace * Math.min(Math.max(time - this.#time, 0), maxStep);
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

  /** Learns the last picture ten times as fast, in a rectangle of rows `width` wide: what differs there stands still. */
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
