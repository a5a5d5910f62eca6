import { formatDuration } from "./format.js";

/** @import { Camera, ServerStatus } from "./camera-list.js" */

/**
 * What this page itself observes of a camera.
 * @typedef {object} Observation
 * @property {boolean} connected whether frames can arrive
 * @property {number | null} drawnAge milliseconds since a frame was drawn, null before the first
 * @property {number} silence milliseconds since anything arrived, or since the attempt to connect began
 * @property {boolean} failed whether the last frame could not be decoded
 */

/**
 * The status of a camera, as it is shown.
 * @typedef {object} CameraStatus
 * @property {string} state one of the server's states, or `connecting`, `unreachable`, `error`, `missing`
 * @property {string | null} notice why the picture stands still, the cause first; null when it is live
 * @property {string | null} [lastFrame] how old the picture is that stands still, where the notice does not say so
 * @property {number | null} fps of the camera
 * @property {number | null} age milliseconds since the newest frame, on the server or here, whichever is older
 */

/** Milliseconds: most lost connections are back before anyone notices. */
const reconnectGrace = 1000;

/**
 * Returns how long a camera may be silent before its picture counts as stalled.
 * @param {number | null} fps the rate while it was live
 * @returns {number} milliseconds
 */
export function stallTimeout(fps) {
  return fps ? Math.max(3000, 5000 / fps) : 3000;
}

/**
 * Derives a camera's status: it is live only if the server says so and frames are drawn here as well.
 * @param {Camera | undefined} camera undefined when the server does not list it
 * @param {ServerStatus} server
 * @param {Observation | null} observation null when the page is not subscribed to it; the server's word counts then
 * @returns {CameraStatus}
 */
export function deriveStatus(camera, server, observation) {
  const drawnAge = observation?.drawnAge ?? null;
  const timeout = stallTimeout(camera?.fps ?? null);
  // Drawn frames outweigh a list that could not be fetched; nothing outweighs a list that says "not live".
  const moving = drawnAge !== null && drawnAge < (observation?.connected ? timeout : reconnectGrace);
  const fps = camera?.fps ?? null;
  if (server.state !== "online") {
    if (moving) return { state: "live", notice: null, fps, age: drawnAge };
    return { state: server.state, notice: server.notice, fps, age: drawnAge };
  }
  const age = ageOf(camera, server, drawnAge);
  const stalled = { state: "stalled", notice: silenceNotice(age), fps, age };
  if (!camera) return { state: "missing", notice: "camera not found", fps, age };
  if (camera.state === "stalled") return stalled;
  // An idle camera starts because this page is subscribed to it.
  if (camera.state === "idle" && observation) return { state: "idle", notice: "starting", fps, age };
  if (camera.state !== "live") {
    const lastFrame = age === null ? null : `last frame ${formatDuration(age)} ago`;
    return { state: camera.state, notice: stateNotice(camera), lastFrame, fps, age };
  }
  if (camera.age !== null && camera.age > timeout) return stalled;
  if (!observation || moving) {
    return { state: "live", notice: null, fps, age: Math.max(camera.age ?? 0, drawnAge ?? 0) };
  }
  return { fps, ...observedStatus(observation, { timeout, age: Math.max(camera.age ?? 0, drawnAge ?? 0) }) };
}

/**
 * Derives the status of a camera that is live on the server while no frames are drawn here.
 * @param {Observation} observation
 * @param {{ timeout: number, age: number }} options
 * @returns {Pick<CameraStatus, "state" | "notice" | "age">}
 */
function observedStatus({ connected, drawnAge, silence, failed }, { timeout, age }) {
  if (connected && failed) return { state: "stalled", notice: "frames received are not valid JPEGs", age };
  // After a reconnection the last frame is old, and the next one is given its time.
  if (drawnAge !== null && (!connected || silence < timeout)) {
    return { state: "connecting", notice: `${silenceNotice(age)}; reconnecting`, age };
  }
  if (drawnAge !== null) return { state: "stalled", notice: silenceNotice(age), age };
  return { state: "connecting", notice: silence > timeout ? "no frames received; retrying" : "connecting", age };
}

/**
 * @param {Camera | undefined} camera
 * @param {ServerStatus} server
 * @param {number | null} drawnAge
 * @returns {number | null}
 */
function ageOf(camera, server, drawnAge) {
  if (camera?.age == null) return drawnAge;
  return Math.max(camera.age + (performance.now() - server.updatedAt), drawnAge ?? 0);
}

/** @param {number | null} age */
function silenceNotice(age) {
  return age === null ? "no frames yet" : `no frames for ${formatDuration(age)}`;
}

/**
 * What happens in a state, without a reason and after one.
 * @type {Readonly<Record<string, readonly [alone: string, after: string]>>}
 */
const stateNotices = {
  idle: ["idle until someone watches", "idle until someone watches"],
  starting: ["starting", "starting again"],
  waiting: ["waiting for a source to connect", "waiting for a source to connect"],
  restarting: ["restarting", "restarting"],
  failed: ["the source has failed; retrying", "retrying"],
  ended: ["the source has ended", "ended"],
};

/** @param {Camera} camera in another state than live */
function stateNotice({ state, detail }) {
  const [alone, after] = stateNotices[state] ?? [state, state];
  return detail ? `${detail}; ${after}` : alone;
}
