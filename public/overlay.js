import { BoxLabels } from "./box-labels.js";
import { toPixels } from "./boxes.js";
import { orientBox, orientSize } from "./orientation.js";

/** @import { Box } from "./boxes.js" */
/** @import { Orientation } from "./orientation.js" */
/** @import { Result } from "./result.js" */

/** @typedef {{ width: number, height: number }} Size */

/** Bright colours, which are readable on black and stand out from most pictures. A label always has the same one. */
const colors = ["#ffd23f", "#4cc9f0", "#8cf5a5", "#ff8fab", "#c9a7ff", "#ffa552", "#c6f135", "#5ff0e0"];
const outlineColor = "rgb(8 9 10 / 0.72)";

/** Draws results over a picture that is fitted into the same area (`object-fit: contain`). */
export class Overlay {
  #canvas;
  #context;
  /** The canvas in CSS pixels. @type {Size} */
  #size = { width: 0, height: 0 };
  #empty = true;

  /**
   * @param {HTMLCanvasElement} canvas that covers the picture's area, owned by the overlay from now on
   * @param {() => void} onresize called when everything has to be drawn again
   */
  constructor(canvas, onresize) {
    this.#canvas = canvas;
    this.#context = canvas.getContext("2d");
    new ResizeObserver(([entry]) => {
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      this.#size = { width, height };
      onresize();
    }).observe(canvas);
  }

  /** Removes everything that is drawn. */
  clear() {
    if (this.#empty) return;
    this.#context?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#empty = true;
  }

  /**
   * Draws a result, in place of the last one.
   * @param {Result} result
   * @param {{ size: Size, orientation: Orientation, dashed: boolean }} options `size` of the frame, in whose pixels boxes
   *   are given; `dashed` for the boxes of another frame than the one that is shown
   */
  draw({ boxes, text }, { size: frameSize, orientation, dashed }) {
    const size = orientSize(frameSize, orientation);
    this.clear();
    const context = this.#context;
    const { width, height } = this.#size;
    if (!context || !width || !height || (boxes.length === 0 && !text)) return;
    this.#resizeCanvas();
    this.#empty = false;
    const scale = Math.min(width / size.width, height / size.height) * devicePixelRatio;
    const area = { width: size.width * scale, height: size.height * scale };
    context.save();
    context.translate(
      Math.round((this.#canvas.width - area.width) / 2),
      Math.round((this.#canvas.height - area.height) / 2),
    );
    // Small boxes last, or the labels of large ones would cover them; labels after all boxes.
    const sorted = boxes
      .map((box) => orientBox(toPixels(box, frameSize), frameSize, orientation))
      .toSorted((a, b) => areaOf(b) - areaOf(a))
      .map((box) => ({ box, color: colorOf(box.label), rectangle: toRectangle(box, scale, area) }));
    for (const { rectangle, color } of sorted) strokeBox(context, rectangle, { color, dashed });
    const labels = new BoxLabels(context, area, { small: width < 320 });
    for (const { box, rectangle, color } of sorted) labels.drawBoxLabel(box, rectangle, color);
    if (text) labels.drawText(text, outlineColor);
    context.restore();
  }

  /** Gives the canvas as many pixels as the screen has for it, so that lines are sharp. */
  #resizeCanvas() {
    const width = Math.round(this.#size.width * devicePixelRatio);
    const height = Math.round(this.#size.height * devicePixelRatio);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
  }
}

/** @typedef {{ left: number, top: number, right: number, bottom: number }} Rectangle in pixels of the canvas */

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Rectangle} rectangle
 * @param {{ color: string, dashed: boolean }} options
 */
function strokeBox(context, { left, top, right, bottom }, { color, dashed }) {
  const lineWidth = Math.max(2, 2 * Math.round(devicePixelRatio)); // an even number lies between whole pixels
  context.setLineDash(dashed ? [4 * lineWidth, 2 * lineWidth] : []);
  // A dark outline on both sides makes the line visible on a bright background.
  context.lineWidth = lineWidth + 2;
  context.strokeStyle = outlineColor;
  context.strokeRect(left, top, right - left, bottom - top);
  context.lineWidth = lineWidth;
  context.strokeStyle = color;
  context.strokeRect(left, top, right - left, bottom - top);
}

/**
 * @param {Box} box
 * @param {number} scale
 * @param {Size} area
 * @returns {Rectangle}
 */
function toRectangle({ xmin, ymin, xmax, ymax }, scale, { width, height }) {
  const margin = devicePixelRatio; // half a line stays within the picture
  const clamp = (/** @type {number} */ position, /** @type {number} */ end) =>
    Math.round(Math.min(Math.max(position * scale, margin), end - margin));
  return {
    left: clamp(xmin, width),
    top: clamp(ymin, height),
    right: clamp(xmax, width),
    bottom: clamp(ymax, height),
  };
}

/** @param {Box} box */
function areaOf({ xmin, ymin, xmax, ymax }) {
  return (xmax - xmin) * (ymax - ymin);
}

/** @param {string} label */
function colorOf(label) {
  let sum = 0;
  for (const character of label) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) >>> 0;
  return colors[sum % colors.length] ?? "";
}
