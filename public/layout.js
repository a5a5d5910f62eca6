/**
 * What has to fit into a window; lengths in pixels.
 * @typedef {object} LayoutOptions
 * @property {number} count of tiles
 * @property {number} width of the area
 * @property {number} height of the area that is visible at once
 * @property {number} ratio width of a picture divided by its height
 * @property {number} gap
 * @property {number} rem
 * @property {boolean} hasPredictor whether captions have a line about a predictor
 */

/** Tiles that are less wide have captions of several lines. In rem. */
const narrowWidth = 24;
const minWidth = 15;

/**
 * Chooses the columns with which tiles get as large as possible while all fit the window. Where they would get too small
 * for that, there are as many columns as there is room for, and the page scrolls.
 * @param {LayoutOptions} options
 * @returns {{ columns: number, tileWidth: number, narrow: boolean }}
 */
export function layOut({ count, width, height, ratio, gap, rem, hasPredictor }) {
  let columns = 1;
  let tileWidth = 0;
  for (let candidate = 1; candidate <= Math.max(1, count); candidate++) {
    const rows = Math.ceil(count / candidate);
    const byWidth = (width - (candidate - 1) * gap) / candidate;
    const fit = (/** @type {boolean} */ narrow) => {
      const caption = captionHeight(narrow, hasPredictor) * rem;
      return Math.min(byWidth, ((height - (rows - 1) * gap) / rows - caption) * ratio);
    };
    const wide = fit(false);
    const fitting = wide < narrowWidth * rem ? fit(true) : wide;
    if (fitting > tileWidth) [columns, tileWidth] = [candidate, fitting];
  }
  const maxColumns = Math.max(1, Math.floor((width + gap) / (minWidth * rem + gap)));
  // A phone is scrolled anyway, and small enough without margins.
  if (tileWidth < Math.min(minWidth * rem, width) || (maxColumns === 1 && count > 1)) {
    columns = maxColumns;
    tileWidth = (width - (columns - 1) * gap) / columns;
  }
  return { columns, tileWidth: Math.floor(tileWidth), narrow: tileWidth < narrowWidth * rem };
}

/**
 * @param {boolean} narrow
 * @param {boolean} hasPredictor
 * @returns {number} in rem, as in the style sheet
 */
function captionHeight(narrow, hasPredictor) {
  if (hasPredictor) return narrow ? 4 : 3.5;
  return narrow ? 3 : 2.25;
}
