import { labelOf, parseBox, scoreOf } from "./boxes.js";

/** @import { Box } from "./boxes.js" */

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
 * Parses a predictor's result: boxes in the format of any common detector, labels with scores in that of classifiers, and
 * anything else as JSON.
 * @param {unknown} result
 * @returns {Result}
 */
export function parseResult(result) {
  const list = findList(result);
  const boxes = (list ?? []).flatMap((entry) => {
    const box = parseBox(entry);
    return box ? [{ ...box, label: truncate(box.label) }] : [];
  });
  if (boxes.length > 0 || list?.length === 0) return { boxes: boxes.slice(0, maxBoxes), text: null };
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
  return found ?? (parseBox(result) ? [result] : null);
}

/**
 * @param {unknown} entry
 * @returns {string[]} one or none
 */
function formatClass(entry) {
  if (!isObject(entry)) return [];
  const [label, score] = [truncate(labelOf(entry)), scoreOf(entry)];
  const isClass = typeof entry.label === "string" || (score !== null && label !== "");
  return isClass ? [score === null ? label : `${label} ${formatScore(score)}`] : [];
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
