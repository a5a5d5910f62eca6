/**
 * A box around a detected object, in pixels of the frame or, if `relative`, in fractions of its width and height.
 * @typedef {object} Box
 * @property {string} label
 * @property {number | null} score 0 to 1
 * @property {number} xmin
 * @property {number} ymin
 * @property {number} xmax
 * @property {number} ymax
 * @property {boolean} [relative]
 */

/** @typedef {readonly [xmin: number, ymin: number, xmax: number, ymax: number]} Sides */
/** @typedef {Record<string, unknown>} Entry */

const formats = {
  /** Two corners. @param {Sides} numbers @returns {Sides} */
  xyxy: (numbers) => numbers,
  /** A corner and a size: COCO, TensorFlow.js, OpenCV. @param {Sides} numbers @returns {Sides} */
  xywh: ([x, y, width, height]) => [x, y, x + width, y + height],
  /** A centre and a size: YOLO, Roboflow. @param {Sides} numbers @returns {Sides} */
  cxcywh: ([x, y, width, height]) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2],
};

/** Names of the four numbers of a box that is an object. */
const named = /** @type {const} */ ([
  ["xyxy", ["xmin", "ymin", "xmax", "ymax"]],
  ["xyxy", ["x_min", "y_min", "x_max", "y_max"]],
  ["xyxy", ["x1", "y1", "x2", "y2"]],
  ["xyxy", ["left", "top", "right", "bottom"]],
  ["xywh", ["x", "y", "width", "height"]],
  ["xywh", ["x", "y", "w", "h"]],
  ["xywh", ["left", "top", "width", "height"]],
  ["xywh", ["originX", "originY", "width", "height"]],
  ["cxcywh", ["cx", "cy", "w", "h"]],
]);

/**
 * Parses one detection in the format of any common detector; see docs/predictions.md.
 * @param {unknown} entry
 * @returns {Box | null} null for anything else
 */
export function parseBox(entry) {
  if (Array.isArray(entry)) return parseRow(entry);
  if (!isObject(entry)) return null;
  const found = findSides(entry);
  if (!found) return null;
  const [left, top, right, bottom] = found.sides;
  if (right < left || bottom < top) return null;
  const relative = found.relative || found.sides.every((side) => side >= -0.01 && side <= 1.01); // no box is a pixel wide
  const box = { label: labelOf(entry), score: scoreOf(entry), xmin: left, ymin: top, xmax: right, ymax: bottom };
  return relative ? { ...box, relative } : box;
}

/**
 * Returns a box in pixels of a frame.
 * @param {Box} box
 * @param {{ width: number, height: number }} size of the frame
 * @returns {Box}
 */
export function toPixels({ relative, ...box }, { width, height }) {
  if (!relative) return box;
  const { xmin, ymin, xmax, ymax } = box;
  return { ...box, xmin: xmin * width, ymin: ymin * height, xmax: xmax * width, ymax: ymax * height };
}

/**
 * Returns the label of a detection or class, under any of its common names.
 * @param {Entry} entry
 */
export function labelOf(entry) {
  const { label, name, class_name, className, categoryName, category, class: class_, cls } = firstCategory(entry);
  const text = [label, name, class_name, className, categoryName, category, class_, cls].find(
    (value) => typeof value === "string" || typeof value === "number",
  );
  return text === undefined ? "" : String(text);
}

/**
 * Returns the score of a detection or class from 0 to 1, under any of its common names; null without one.
 * @param {Entry} entry
 * @returns {number | null}
 */
export function scoreOf(entry) {
  const { score, confidence, conf, probability } = firstCategory(entry);
  const value = [score, confidence, conf, probability].find(Number.isFinite);
  if (typeof value !== "number") return null;
  return value > 1 && value <= 100 ? value / 100 : value;
}

/**
 * Returns where a detection of MediaPipe keeps label and score; the detection itself for any other.
 * @param {Entry} entry
 * @returns {Entry}
 */
function firstCategory(entry) {
  const [first] = Array.isArray(entry.categories) ? entry.categories : [];
  return isObject(first) ? first : entry;
}

/**
 * Parses a row of YOLO's output: corners, score, class.
 * @param {readonly unknown[]} row
 * @returns {Box | null}
 */
function parseRow(row) {
  const [, , , , score, label] = row;
  return row.length === 6 && row.every(Number.isFinite) ? parseBox({ xyxy: row.slice(0, 4), score, label }) : null;
}

/**
 * @param {Entry} entry
 * @returns {{ sides: Sides, relative: boolean } | null}
 */
function findSides(entry) {
  for (const [key, format] of /** @type {const} */ ([
    ["xyxy", "xyxy"],
    ["xywh", "cxcywh"],
  ])) {
    const numbers = fourNumbers(entry[key]) ?? fourNumbers(entry[`${key}n`]);
    if (numbers) return { sides: formats[format](numbers), relative: Array.isArray(entry[`${key}n`]) };
  }
  const relative = entry.normalized === true;
  const inside = entry.box ?? entry.bbox ?? entry.boundingBox ?? entry.bounding_box;
  const numbers = fourNumbers(inside);
  if (numbers) return { sides: formats[formatOf(entry, numbers)](numbers), relative };
  const sides = isObject(inside) ? namedSides(inside) : namedSides(entry);
  return sides && { sides, relative };
}

/**
 * Returns the format of four numbers without names: as the entry says; of COCO and TensorFlow.js a corner and a size; otherwise
 * two corners, unless they cannot be that.
 * @param {Entry} entry
 * @param {Sides} numbers
 * @returns {keyof typeof formats}
 */
function formatOf(entry, [left, top, right, bottom]) {
  const told = entry.bbox_format ?? entry.format;
  if (told === "xyxy" || told === "xywh" || told === "cxcywh") return told;
  const isCoco = "category_id" in entry || ("class" in entry && "score" in entry && !("confidence" in entry));
  return isCoco || right < left || bottom < top ? "xywh" : "xyxy";
}

/**
 * @param {Entry} object
 * @returns {Sides | null}
 */
function namedSides(object) {
  for (const [format, keys] of named) {
    const numbers = fourNumbers(keys.map((key) => object[key]));
    if (!numbers) continue;
    const isRoboflow = format === "xywh" && "class" in object && "confidence" in object;
    return formats[isRoboflow ? "cxcywh" : format](numbers);
  }
  return null;
}

/**
 * @param {unknown} value
 * @returns {Sides | null}
 */
function fourNumbers(value) {
  if (!Array.isArray(value) || value.length !== 4) return null;
  return value.every(Number.isFinite) ? /** @type {Sides} */ (/** @type {unknown} */ (value)) : null;
}

/**
 * @param {unknown} value
 * @returns {value is Entry}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
