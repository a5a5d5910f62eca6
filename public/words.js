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
 * The line under a picture: "live · 30 fps · < 0.1 s", "stalled · 7 s".
 * @param {import("./verdict.js").Verdict} verdict
 * @returns {string}
 */
export function facts({ state, fps, age }) {
  const parts = [state];
  if (state === "live" && fps) parts.push(`${rate(fps)} fps`);
  if (age !== null) parts.push(duration(age));
  return parts.join(" · ");
}
