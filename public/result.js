/**
 * Where something was seen, in pixels of the frame.
 * @typedef {object} Box
 * @property {string} label
 * @property {number | null} score 0 to 1
 * @property {number} xmin
 * @property {number} ymin
 * @property {number} xmax
 * @property {number} ymax
 */

/**
 * What a predictor answered, as it can be shown.
 * @typedef {object} Result
 * @property {readonly Box[]} boxes
 * @property {string | null} text what is no box, in one short line; null for nothing
 */

/** Names under which predictors put their list into an object. */
const LISTS = ["boxes", "detections", "objects", "predictions", "results"];
/** More boxes than that hide the picture, and take longer to draw than a frame lasts. */
const MOST_BOXES = 100;
const MOST_CLASSES = 3;
const MOST_TEXT = 60;

/**
 * Reads what a predictor answered: boxes as object detectors of Transformers.js tell them, labels with scores as its
 * classifiers do, and anything else as JSON.
 * @param {unknown} result
 * @returns {Result}
 */
export function readResult(result) {
  const list = listOf(result);
  const boxes = (list ?? []).flatMap(readBox).slice(0, MOST_BOXES);
  if (boxes.length > 0 || list?.length === 0) return { boxes, text: null };
  const classes = (list ?? [result]).flatMap(readClass);
  if (classes.length > 0) return { boxes, text: cut(classes.slice(0, MOST_CLASSES).join(", ")) };
  return { boxes, text: result === null ? null : cut(typeof result === "string" ? result : JSON.stringify(result)) };
}

/**
 * A score as a reader takes it in: "98%".
 * @param {number} score 0 to 1
 * @returns {string}
 */
export function percent(score) {
  return `${Math.round(score * 100)}%`;
}

/**
 * @param {unknown} result
 * @returns {readonly unknown[] | null}
 */
function listOf(result) {
  if (Array.isArray(result)) return result;
  if (!isObject(result)) return null;
  const found = LISTS.map((name) => result[name]).find(Array.isArray);
  return found ?? (isObject(result.box) ? [result] : null);
}

/**
 * @param {unknown} entry
 * @returns {Box[]} one or none
 */
function readBox(entry) {
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
function readClass(entry) {
  if (!isObject(entry) || typeof entry.label !== "string") return [];
  const score = scoreOf(entry);
  return [score === null ? labelOf(entry) : `${labelOf(entry)} ${percent(score)}`];
}

/** @param {Record<string, unknown>} entry */
function labelOf({ label }) {
  return typeof label === "string" || typeof label === "number" ? cut(String(label)) : "";
}

/** @param {Record<string, unknown>} entry */
function scoreOf({ score }) {
  return typeof score === "number" && Number.isFinite(score) ? score : null;
}

/** @param {string} text */
function cut(text) {
  const line = text.replace(/\s+/g, " ");
  return line.length > MOST_TEXT ? `${line.slice(0, MOST_TEXT - 1)}…` : line;
}

/**
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
