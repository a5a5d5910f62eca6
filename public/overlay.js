import { percent } from "./result.js";

/** @typedef {import("./result.js").Result} Result */
/** @typedef {{ width: number, height: number }} Size */

/** Bright ones, to be read on black and to stand out from most pictures; a label keeps its own. */
const COLOURS = ["#ffd23f", "#4cc9f0", "#8cf5a5", "#ff8fab", "#c9a7ff", "#ffa552", "#c6f135", "#5ff0e0"];
const SHADE = "rgb(8 9 10 / 0.72)";

/** Draws what was predicted over a picture that is fitted into the same place (`object-fit: contain`). */
export class Overlay {
  #canvas;
  #context;
  /** In CSS pixels. */
  #place = { width: 0, height: 0 };
  #clear = true;
  /** Where there are labels. @type {{ ground: string, x: number, y: number, width: number }[]} */
  #chips = [];

  /**
   * @param {HTMLCanvasElement} canvas as large as the picture's place, owned by the overlay from now on
   * @param {() => void} onresize called when all is to be drawn anew
   */
  constructor(canvas, onresize) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      this.#place = { width, height };
      onresize();
    }).observe(canvas);
  }

  /** Takes everything away. */
  clear() {
    if (this.#clear) return;
    this.#context?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#clear = true;
  }

  /**
   * Draws this and nothing else.
   * @param {Result} result
   * @param {{ size: Size, dashed: boolean }} options `size` of the frame, whose pixels boxes are in; `dashed` for those
   *   of another frame than the one that is shown
   */
  draw({ boxes, text }, { size, dashed }) {
    this.clear();
    const context = this.#context;
    const { width, height } = this.#place;
    if (!context || !width || !height || (boxes.length === 0 && !text)) return;
    this.#fit();
    this.#clear = false;
    const scale = Math.min(width / size.width, height / size.height) * devicePixelRatio;
    const area = { width: size.width * scale, height: size.height * scale };
    context.save();
    context.translate(
      Math.round((this.#canvas.width - area.width) / 2),
      Math.round((this.#canvas.height - area.height) / 2),
    );
    context.font = `600 ${Math.round((width < 320 ? 10 : 12) * devicePixelRatio)}px system-ui, sans-serif`;
    context.textBaseline = "middle";
    // Small ones last, or the labels of large ones would cover them.
    const sorted = boxes.toSorted((a, b) => areaOf(b) - areaOf(a));
    for (const box of sorted) this.#frame(context, placed(box, scale, area), colour(box.label), dashed);
    this.#chips = [];
    for (const box of sorted) {
      const words = [box.label, box.score === null ? "" : percent(box.score)].filter(Boolean).join(" ");
      if (words)
        this.#chip(context, words, { ...placed(box, scale, area), area, ground: colour(box.label), ink: "#08090a" });
    }
    if (text) {
      const corner = Math.round(6 * devicePixelRatio);
      this.#chip(context, text, { left: corner, top: corner, bottom: corner, area, ground: SHADE, ink: "#f4f5f6" });
    }
    context.restore();
  }

  /** Gives the canvas as many pixels as the screen has for it: lines are then as sharp as they can be. */
  #fit() {
    const width = Math.round(this.#place.width * devicePixelRatio);
    const height = Math.round(this.#place.height * devicePixelRatio);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{ left: number, top: number, right: number, bottom: number }} place
   * @param {string} ink
   * @param {boolean} dashed
   */
  #frame(context, { left, top, right, bottom }, ink, dashed) {
    const line = Math.max(2, 2 * Math.round(devicePixelRatio)); // an even number lies between whole pixels
    context.setLineDash(dashed ? [4 * line, 2 * line] : []);
    // A dark seam on both sides: it is what shows on a bright wall.
    context.lineWidth = line + 2;
    context.strokeStyle = SHADE;
    context.strokeRect(left, top, right - left, bottom - top);
    context.lineWidth = line;
    context.strokeStyle = ink;
    context.strokeRect(left, top, right - left, bottom - top);
  }

  /**
   * A label on a ground of its own, above `top`, or below `bottom` where there is no room above.
   * @param {CanvasRenderingContext2D} context
   * @param {string} words
   * @param {{ left: number, top: number, bottom: number, area: Size, ground: string, ink: string }} options
   */
  #chip(context, words, { left, top, bottom, area, ground, ink }) {
    const padding = Math.round(4 * devicePixelRatio);
    const height = Math.round(16 * devicePixelRatio);
    const width = Math.min(Math.ceil(context.measureText(words).width) + 2 * padding, area.width);
    const x = Math.max(0, Math.min(left - Math.round(devicePixelRatio), area.width - width));
    const above = top - height;
    const y = above >= 0 ? above : Math.max(0, Math.min(bottom, area.height - height));
    // The colour tells what a box is where a second label of its kind would cover the first.
    const covers = this.#chips.some(
      (chip) =>
        chip.ground === ground && Math.abs(chip.y - y) < height && x < chip.x + chip.width && chip.x < x + width,
    );
    if (covers) return;
    this.#chips.push({ ground, x, y, width });
    context.fillStyle = ground;
    context.fillRect(x, y, width, height);
    context.fillStyle = ink;
    context.fillText(words, x + padding, y + height / 2 + 0.5, width - 2 * padding);
  }
}

/**
 * @param {import("./result.js").Box} box
 * @param {number} scale
 * @param {Size} area
 */
function placed({ xmin, ymin, xmax, ymax }, scale, { width, height }) {
  const edge = devicePixelRatio; // half a line stays within the picture
  const within = (/** @type {number} */ at, /** @type {number} */ end) =>
    Math.round(Math.min(Math.max(at * scale, edge), end - edge));
  return {
    left: within(xmin, width),
    top: within(ymin, height),
    right: within(xmax, width),
    bottom: within(ymax, height),
  };
}

/** @param {import("./result.js").Box} box */
function areaOf({ xmin, ymin, xmax, ymax }) {
  return (xmax - xmin) * (ymax - ymin);
}

/** @param {string} label */
function colour(label) {
  let sum = 0;
  for (const character of label) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return COLOURS[sum % COLOURS.length] ?? "";
}
