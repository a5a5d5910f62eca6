import { duration } from "./words.js";

/**
 * What this page itself has seen of a camera.
 * @typedef {object} Sight
 * @property {boolean} connected pictures can arrive
 * @property {number | null} drawn milliseconds since a picture was drawn, null for none yet
 * @property {number} quiet milliseconds since anything arrived, or since the attempt began
 * @property {boolean} broken what arrives is not a picture
 */

/**
 * What is to be shown of a camera.
 * @typedef {object} Verdict
 * @property {string} state one of the server's states, or `connecting`, `unreachable`, `refused`, `missing`
 * @property {string | null} notice why the picture stands still; null when it is live
 * @property {number | null} fps of the camera
 * @property {number | null} age milliseconds since the newest frame, there or here, whichever is older
 */

/** A connection just lost is mostly back before anyone has seen it. */
const GRACE = 1000;

/**
 * How long a camera may be silent before its picture counts as stopped.
 * @param {number | null} fps the rate while it ran
 * @returns {number} milliseconds
 */
export function patience(fps) {
  return fps ? Math.max(3000, 5000 / fps) : 3000;
}

/**
 * Decides whether a picture may pass for live: only when the server says so and pictures are drawn here as well.
 * @param {import("./cameras.js").Camera | undefined} camera undefined when the server does not list it
 * @param {import("./cameras.js").Server} server
 * @param {Sight | null} sight null when this page does not look, which leaves it to the server's word
 * @returns {Verdict}
 */
export function judge(camera, server, sight) {
  const limit = patience(camera?.fps ?? null);
  const drawn = sight?.drawn ?? null;
  const ages = [drawn ?? 0, camera?.age == null ? 0 : camera.age + (performance.now() - server.answered)];
  const facts = { fps: camera?.fps ?? null, age: camera?.age == null && drawn === null ? null : Math.max(...ages) };
  const verdict = (/** @type {string} */ state, /** @type {string | null} */ notice) => ({ ...facts, state, notice });
  const silence = () => (facts.age === null ? "no frames yet" : `no frames for ${duration(facts.age)}`);

  // Drawn pictures outweigh a list that could not be had; nothing outweighs a list that says "not live".
  const moving = drawn !== null && drawn < (sight?.connected ? limit : GRACE);
  if (server.reach !== "reached") {
    facts.age = drawn;
    return moving ? verdict("live", null) : verdict(server.reach, server.notice);
  }
  if (!camera) return verdict("missing", "no such camera");
  if (camera.state === "stalled") return verdict("stalled", silence());
  if (camera.state === "idle" && sight) return verdict("idle", "waking"); // to look is what wakes it
  if (camera.state !== "live") return verdict(camera.state, standing(camera));
  if (camera.age !== null && camera.age > limit) return verdict("stalled", silence());
  facts.age = Math.max(camera.age ?? 0, drawn ?? 0);
  if (!sight || moving) return verdict("live", null);
  if (sight.connected && sight.broken) return verdict("stalled", "what arrives is not a picture");
  // Behind a reconnection the last picture is old, and the next one is given its time.
  if (drawn === null || !sight.connected || sight.quiet < limit) {
    if (drawn !== null) return verdict("connecting", `${silence()}, connecting again`);
    return verdict("connecting", sight.quiet > limit ? "no picture arrives here, trying again" : "connecting");
  }
  return verdict("stalled", silence());
}

/** @param {import("./cameras.js").Camera} camera in another state than live */
function standing({ state, detail }) {
  const words = { idle: "idle until it is watched", waiting: "waiting for a writer" };
  const word = Object.hasOwn(words, state) ? words[/** @type {keyof typeof words} */ (state)] : state;
  return detail ? `${word}: ${detail}` : word;
}
