/** @import { Box } from "./boxes.js" */
/** @import { Size } from "./overlay.js" */

/**
 * How a picture is shown: mirrored from left to right if `mirrored`, and then turned clockwise.
 * @typedef {object} Orientation
 * @property {0 | 90 | 180 | 270} turn degrees
 * @property {boolean} mirrored
 */

/** A picture as it comes. @type {Orientation} */
export const upright = { turn: 0, mirrored: false };

/**
 * Turns what is shown by a quarter, clockwise.
 * @param {Orientation} orientation
 * @returns {Orientation}
 */
export function rotated({ turn, mirrored }) {
  return { turn: toTurn(turn + 90), mirrored };
}

/**
 * Mirrors what is shown, from left to right.
 * @param {Orientation} orientation
 * @returns {Orientation}
 */
export function mirrored({ turn, mirrored }) {
  return { turn: toTurn(-turn), mirrored: !mirrored }; // a turn, seen in a mirror, goes the other way
}

/**
 * Returns the size of a picture as it is shown.
 * @param {Size} size
 * @param {Orientation} orientation
 * @returns {Size}
 */
export function orientSize({ width, height }, { turn }) {
  return turn % 180 === 0 ? { width, height } : { width: height, height: width };
}

/**
 * Returns a box at the place where its part of the picture is shown.
 * @param {Box} box in pixels of the picture
 * @param {Size} size of the picture
 * @param {Orientation} orientation
 * @returns {Box} in pixels of the picture as it is shown
 */
export function orientBox(box, { width, height }, { turn, mirrored }) {
  let { xmin, ymin, xmax, ymax } = box;
  if (mirrored) [xmin, xmax] = [width - xmax, width - xmin];
  let across = height;
  for (let turned = 0; turned < turn; turned += 90) {
    [xmin, ymin, xmax, ymax] = [across - ymax, xmin, across - ymin, xmax];
    across = across === height ? width : height;
  }
  return { ...box, xmin, ymin, xmax, ymax };
}

/**
 * Marks an element for the style sheet, which turns and mirrors the pictures in it.
 * @param {HTMLElement} element
 * @param {Orientation} orientation
 */
export function showOrientation({ dataset }, { turn, mirrored }) {
  dataset.turn = String(turn);
  dataset.mirrored = String(mirrored);
}

/**
 * @param {number} degrees a multiple of 90
 * @returns {Orientation["turn"]}
 */
function toTurn(degrees) {
  return /** @type {Orientation["turn"]} */ ((degrees + 360) % 360);
}
