import { formatScore } from "./result.js";

/** @import { Rectangle, Size } from "./overlay.js" */
/** @import { Box } from "./boxes.js" */

const textOnColor = "#08090a";
const textOnDark = "#f4f5f6";

/** The labels of one drawing, each on a background of its own. One that would cover another of the same colour is left out. */
export class BoxLabels {
  #context;
  #area;
  /** Rectangles that labels cover. @type {{ background: string, x: number, y: number, width: number }[]} */
  #drawn = [];

  /**
   * @param {CanvasRenderingContext2D} context whose font is set here
   * @param {Size} area of the picture, in pixels of the canvas
   * @param {{ small: boolean }} options whether the text is to be small
   */
  constructor(context, area, { small }) {
    this.#context = context;
    this.#area = area;
    context.font = `600 ${Math.round((small ? 10 : 12) * devicePixelRatio)}px system-ui, sans-serif`;
    context.textBaseline = "middle";
  }

  /**
   * Draws label and score above a box, or below it where there is no room above.
   * @param {Box} box
   * @param {Rectangle} rectangle of the box
   * @param {string} background
   */
  drawBoxLabel({ label, score }, rectangle, background) {
    const text = [label, score === null ? "" : formatScore(score)].filter(Boolean).join(" ");
    if (text) this.#draw(text, rectangle, { background, color: textOnColor });
  }

  /**
   * Draws a text in the top left corner of the picture.
   * @param {string} text
   * @param {string} background
   */
  drawText(text, background) {
    const corner = Math.round(6 * devicePixelRatio);
    this.#draw(text, { left: corner, top: corner, bottom: corner }, { background, color: textOnDark });
  }

  /**
   * @param {string} text
   * @param {Omit<Rectangle, "right">} anchor
   * @param {{ background: string, color: string }} options
   */
  #draw(text, { left, top, bottom }, { background, color }) {
    const context = this.#context;
    const area = this.#area;
    const padding = Math.round(4 * devicePixelRatio);
    const height = Math.round(16 * devicePixelRatio);
    const width = Math.min(Math.ceil(context.measureText(text).width) + 2 * padding, area.width);
    const x = Math.max(0, Math.min(left - Math.round(devicePixelRatio), area.width - width));
    const above = top - height;
    const y = above >= 0 ? above : Math.max(0, Math.min(bottom, area.height - height));
    const covers = this.#drawn.some(
      (other) =>
        other.background === background &&
        Math.abs(other.y - y) < height &&
        x < other.x + other.width &&
        other.x < x + width,
    );
    if (covers) return; // the colour of the box says what the label would
    this.#drawn.push({ background, x, y, width });
    context.fillStyle = background;
    context.fillRect(x, y, width, height);
    context.fillStyle = color;
    context.fillText(text, x + padding, y + height / 2 + 0.5, width - 2 * padding);
  }
}
