/**
 * A duration, as short as it can be said: "< 0.1 s", "0.4 s", "7 s", "3 min", "2 h".
 * @param {number} milliseconds
 * @returns {string}
 */
export function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  // Half a second more or less is noise to a reader, and a number that dances each second is one too.
  if (seconds < 0.1) return "< 0.1 s";
  if (seconds < 0.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 3600)} h`;
}

/**
 * A rate with as many digits as matter: "30", "2.5", "0.05".
 * @param {number} fps
 * @returns {string}
 */
export function rate(fps) {
  if (fps >= 9.95) return String(Math.round(fps));
  return String(Number(fps.toFixed(fps < 0.95 ? 2 : 1)));
}

/**
 * @param {number} count
 * @param {string} noun
 * @returns {string} "1 camera", "4 cameras"
 */
export function plural(count, noun) {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/**
 * How far a picture is behind, in steps that a reader can tell: "45 ms behind", "1.2 s behind".
 * @param {number} milliseconds
 * @returns {string}
 */
function lag(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(5, Math.round(milliseconds / 5) * 5)} ms behind`;
  return `${milliseconds < 9950 ? (milliseconds / 1000).toFixed(1) : Math.round(milliseconds / 1000)} s behind`;
}

/** How pictures come that nothing is measured of. @type {Readonly<Record<string, string>>} */
const SUBSTITUTES = { stream: "by HTTP", snapshots: "a picture every 2 s" };

/**
 * What was measured of what is drawn, as far as it was.
 * @typedef {object} Drawn
 * @property {string | null} [transport]
 * @property {number | null} [fps]
 * @property {number | null} [lag] milliseconds
 */

/**
 * The line under a picture: "live · 30 fps · 45 ms behind", "live · 12 of 30 fps · 0.4 s", "stalled · 7 s".
 * @param {import("./verdict.js").Verdict} verdict
 * @param {Drawn} [drawn]
 * @returns {string}
 */
export function facts({ state, fps, age }, drawn = {}) {
  if (state !== "live") return age === null ? state : `${state} · ${duration(age)}`;
  const parts = [state];
  const substitute = SUBSTITUTES[drawn.transport ?? ""];
  if (fps && drawn.transport !== "snapshots") {
    // Some jitter is no news; that a fifth of the pictures does not get here is.
    const few = drawn.fps && drawn.fps < fps * 0.8;
    parts.push(few ? `${rate(drawn.fps ?? 0)} of ${rate(fps)} fps` : `${rate(fps)} fps`);
  }
  if (substitute) parts.push(substitute);
  else if (drawn.lag != null) parts.push(lag(drawn.lag));
  else if (age !== null) parts.push(duration(age));
  return parts.join(" · ");
}

/**
 * What predicts, in one word: a file's name without its folder and kind.
 * @param {import("./cameras.js").Predictor} predictor
 * @returns {string}
 */
export function predictorName({ predictor }) {
  const name = predictor?.split(/[\\/]/).at(-1) ?? "";
  return name.replace(/\.[a-z]+$/, "") || "predict";
}

/**
 * The line that tells of a predictor: "motion · 9 a second · 12 ms", "motion: restarting: exited with code 1".
 * @param {import("./cameras.js").Predictor | null} predictor
 * @param {{ predictions: import("./predictions.js").Predictions, behind: number | null }} [seen] what came of it here
 * @returns {string | null} null where nothing predicts
 */
export function predictorFacts(predictor, seen) {
  if (!predictor) return null;
  const name = predictorName(predictor);
  const { state, detail } = predictor;
  if (state !== "live") return [name, state, detail].filter(Boolean).join(": ");
  const { rate: often, duration: took } = seen?.predictions ?? { rate: null, duration: null };
  const parts = [name];
  if (often) parts.push(`${rate(often)} a second`);
  if (took !== null) parts.push(`${took < 1 ? "< 1" : Math.round(took)} ms`);
  if (seen?.behind) parts.push(`boxes ${Math.max(10, Math.round(seen.behind / 10) * 10)} ms old`);
  return parts.join(" · ");
}
