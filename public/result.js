/**
 * A box around a detected object, in pixels of the frame.
 * @typedef {object} Box
 * @property {string} label
 * @property {number | null} score 0 to 1
 * @property {number} xmin
 * @property {number} ymin
 * @property {number} xmax
 * @property {number} ymax
 */

/**
 * A predictor's result in the form in which it is shown.
 * @typedef {object} Result
 * @property {readonly Box[]} boxes
 * @property {string | null} text everything but boxes, in one short line; null for nothing
 */

/** Names under which predictors put their list into an object. */
const listNames = ["boxes", "detections", "objects", "predictions", "results"];
/** More boxes than that hide the picture, and take longer to draw than a frame lasts. */
const maxBoxes = 100;
const maxClasses = 3;
const maxTextLength = 60;

/**
 * Parses a predictor's result: boxes in the format of Transformers.js's object detectors, labels with scores in that of its
 * classifiers, and anything else as JSON.
 * @param {unknown} result
 * @returns {Result}
 */
export function parseResult(result) {
  const list = findList(result);
  const boxes = (list ?? []).flatMap(parseBox).slice(0, maxBoxes);
  if (boxes.length > 0 || list?.length === 0) return { boxes, text: null };
  const classes = (list ?? [result]).flatMap(formatClass);
  if (classes.length > 0) return { boxes, text: truncate(classes.slice(0, maxClasses).join(", ")) };
  if (result === null) return { boxes, text: null };
  return { boxes, text: truncate(typeof result === "string" ? result : JSON.stringify(result)) };
}

/**
 * Formats a score: "98%".
 * @param {number} score 0 to 1
 * @returns {string}
 */
export function formatScore(score) {
  return `${Math.round(score * 100)}%`;
}

/**
 * @param {unknown} result
 * @returns {readonly unknown[] | null}
 */
function findList(result) {
  if (Array.isArray(result)) return result;
  if (!isObject(result)) return null;
  const found = listNames.map((name) => result[name]).find(Array.isArray);
  return found ?? (isObject(result.box) ? [result] : null);
}

/**
 * @param {unknown} entry
 * @returns {Box[]} one or none
 */
function parseBox(entry) {
  if (!isObject(entry) || !isObject(entry.box)) return [];
  const { xmin, ymin, xmax, ymax } = entry.box;
  const sides = [xmin, ymin, xmax, ymax].map((side) => (typeof side === "number" ? side : Number.NaN));
  const [left = 0, top = 0, right = 0, bottom = 0] = sides;
  if (!sides.every(Number.isFinite) || right < left || bottom < top) return [];
  return [{ label: labelOf(entry), score: scoreOf(entry), xmin: left, ymin: top, xmax: right, ymax: bottom }];
}

/**
 * @param {unknown} entry
 * @returns {string[]} one or none
 */
function formatClass(entry) {
  if (!isObject(entry) || typeof entry.label !== "string") return [];
  const score = scoreOf(entry);
  return [score === null ? labelOf(entry) : `${labelOf(entry)} ${formatScore(score)}`];
}

/** @param {Record<string, unknown>} entry */
function labelOf({ label }) {
  return typeof label === "string" || typeof label === "number" ? truncate(String(label)) : "";
}

/** @param {Record<string, unknown>} entry */
function scoreOf({ score }) {
  return typeof score === "number" && Number.isFinite(score) ? score : null;
}

/** @param {string} text */
function truncate(text) {
  const line = text.replace(/\s+/g, " ");
  return line.length > maxTextLength ? `${line.slice(0, maxTextLength - 1)}…` : line;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
