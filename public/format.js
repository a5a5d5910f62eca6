/** @import { Camera } from "./camera-list.js" */
/** @import { CameraView } from "./camera-view.js" */
/** @import { CameraStatus } from "./status.js" */

/** @typedef {NonNullable<Camera["predictions"]>} PredictorStatus */

/**
 * Formats a duration: "< 0.1 s", "0.4 s", "7 s", "3 min", "2 h".
 * @param {number} milliseconds
 * @returns {string}
 */
export function formatDuration(milliseconds) {
  const seconds = milliseconds / 1000;
  // More digits would change each second without telling anything.
  if (seconds < 0.1) return "< 0.1 s";
  if (seconds < 0.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/**
 * Formats a rate with as many digits as matter: "30", "2.5", "0.05".
 * @param {number} fps
 * @returns {string}
 */
export function formatRate(fps) {
  if (fps >= 9.95) return String(Math.round(fps));
  return String(Number(fps.toFixed(fps < 0.95 ? 2 : 1)));
}

/**
 * Formats a number of things: "1 camera", "4 cameras".
 * @param {number} count
 * @param {string} noun
 * @returns {string}
 */
export function formatCount(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * Shortens a text to so many characters, between two words where it has some.
 * @param {string} text
 * @param {number} length
 * @returns {string}
 */
export function shorten(text, length) {
  if (text.length <= length) return text;
  const cut = text.slice(0, length);
  const end = cut.lastIndexOf(" ");
  return `${cut.slice(0, end > length / 2 ? end : length).replace(/[\s;:,.]+$/, "")} …`;
}

/**
 * Formats a lag in steps large enough to be noticed: "45 ms behind", "1.2 s behind".
 * @param {number} milliseconds
 * @returns {string}
 */
function formatLag(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(5, Math.round(milliseconds / 5) * 5)} ms behind`;
  return `${milliseconds < 9950 ? (milliseconds / 1000).toFixed(1) : Math.round(milliseconds / 1000)} s behind`;
}

/** Notes on transports whose lag is not measured. @type {Readonly<Record<string, string>>} */
const transportNotes = { stream: "over HTTP", snapshots: "snapshot every 2 s" };

/**
 * Statistics of what is drawn here, as far as they are known.
 * @typedef {object} ViewStats
 * @property {string | null} [transport]
 * @property {number | null} [fps]
 * @property {number | null} [lag] milliseconds
 */

/**
 * Formats a camera's status line: "live · 30 fps · 45 ms behind", "live · 12 of 30 fps · 0.4 s", "stalled · 7 s".
 * @param {CameraStatus} status
 * @param {ViewStats} [stats]
 * @returns {string}
 */
export function formatStatus({ state, fps, age }, stats = {}) {
  if (state !== "live") return age === null ? state : `${state} · ${formatDuration(age)}`;
  const parts = [state];
  const note = transportNotes[stats.transport ?? ""];
  if (fps && stats.transport !== "snapshots") {
    // Small differences are jitter; a fifth of the frames is worth telling.
    const reduced = stats.fps && stats.fps < fps * 0.8;
    parts.push(reduced ? `${formatRate(stats.fps ?? 0)} of ${formatRate(fps)} fps` : `${formatRate(fps)} fps`);
  }
  if (note) parts.push(note);
  else if (stats.lag != null) parts.push(formatLag(stats.lag));
  else if (age !== null) parts.push(formatDuration(age));
  return parts.join(" · ");
}

/**
 * Returns a predictor's name: that of its file, without folder and extension.
 * @param {PredictorStatus} status
 * @returns {string}
 */
export function predictorName({ predictor }) {
  const name = predictor?.split(/[\\/]/).at(-1) ?? "";
  return name.replace(/\.[a-zR]{1,3}$/, "") || "predict";
}

/**
 * Formats a predictor's status line: "motion · 9 fps · 12 ms", "motion: exited with code 1; restarting".
 * @param {PredictorStatus | null} status null where there is no predictor
 * @param {Pick<CameraView, "predictions" | "boxAge">} view where its predictions are drawn
 * @returns {string}
 */
export function formatPredictor(status, { predictions, boxAge }) {
  if (!status) return "";
  const name = predictorName(status);
  const { state, detail } = status;
  if (state !== "live") return `${name}: ${[detail, state].filter(Boolean).join("; ")}`;
  const { rate, duration } = predictions;
  const parts = [name];
  if (rate) parts.push(`${formatRate(rate)} fps`);
  if (duration !== null) parts.push(`${duration < 1 ? "< 1" : Math.round(duration)} ms`);
  if (boxAge) parts.push(`boxes ${Math.max(10, Math.round(boxAge / 10) * 10)} ms old`);
  return parts.join(" · ");
}
