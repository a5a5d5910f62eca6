import { camerasUrl } from "./urls.js";

/** @import { CameraReport } from "./server.ts" */

/** @typedef {"id" | "state" | "detail" | "source" | "width" | "height" | "age" | "sequence" | "predictions"} ReportKey */

/**
 * A camera as the server lists it. `fps` is the last rate at which frames arrived, which a stopped camera keeps; null
 * before there is one.
 * @typedef {Pick<CameraReport, ReportKey> & { readonly fps: number | null }} Camera
 */

/**
 * Whether the server can be reached.
 * @typedef {object} ServerStatus
 * @property {"connecting" | "online" | "unreachable" | "error"} state
 * @property {string | null} notice what to show while it is not online
 * @property {number} updatedAt when the list last arrived, as of performance.now()
 */

/** Milliseconds between two requests while nothing else reports changes, and while `teecam.v1` reports them. */
const interval = 1000;
const pushedInterval = 3000;
/** So many more requests follow a change at the short interval: rates have not settled yet. */
const requestsAfterChange = 3;
/** Milliseconds. A server that takes longer for a short list is as good as unreachable. */
const timeout = 4000;

/**
 * The list of cameras, polled while somebody sees the page, one request at a time.
 * `cameras` and `server` are replaced, never changed; `onupdate` is called after each answer and each failure.
 */
export class CameraList {
  /** @type {ReadonlyMap<string, Camera>} */
  cameras = new Map();
  /** @type {Readonly<ServerStatus>} */
  server = { state: "connecting", notice: "connecting", updatedAt: 0 };
  /** Whether a list has ever arrived. */
  loaded = false;
  #onupdate;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #requesting = false;
  #pushed = false;
  #quickRequests = requestsAfterChange;
  #isHidden;

  /**
   * @param {() => void} onupdate
   * @param {() => boolean} [isHidden] tells whether nobody sees the page
   */
  constructor(onupdate, isHidden = () => document.hidden) {
    this.#onupdate = onupdate;
    this.#isHidden = isHidden;
  }

  /** Sends a request now, unless one is under way, and goes on polling. */
  poll() {
    clearTimeout(this.#timer);
    if (!this.#requesting && !this.#isHidden()) this.#request();
  }

  /**
   * Tells whether changes of the cameras that are shown are reported otherwise, so that polling may be slow.
   * @param {boolean} pushed
   */
  setPushed(pushed) {
    if (this.#pushed === pushed) return;
    this.#pushed = pushed;
    if (!this.#requesting) this.#schedule();
  }

  /** Polls again after a pause; until the next answer the server counts as connecting, since the last one is outdated. */
  resume() {
    this.server = { ...this.server, state: "connecting", notice: "connecting" };
    this.poll();
  }

  async #request() {
    this.#requesting = true;
    try {
      const response = await fetch(camerasUrl, { cache: "no-store", signal: AbortSignal.timeout(timeout) });
      if (response.ok) this.#update(await response.json());
      else this.#fail("error", `server error: HTTP ${response.status}; retrying`);
    } catch {
      this.#fail("unreachable", "server not reachable; retrying");
    }
    this.#requesting = false;
    this.#schedule();
    this.#onupdate();
  }

  #schedule() {
    clearTimeout(this.#timer);
    const settled = this.server.state === "online" && this.#quickRequests === 0;
    const period = this.#pushed && settled ? pushedInterval : interval;
    // The jitter keeps viewers that a restart has aligned from polling in step for ever.
    this.#timer = setTimeout(() => this.poll(), period * (0.9 + Math.random() / 5));
  }

  /** @param {{ cameras: readonly CameraReport[] }} answer */
  #update({ cameras }) {
    const former = this.cameras;
    this.cameras = new Map(cameras.map((report) => [report.id, toCamera(report, former.get(report.id))]));
    // A live camera whose frames have stopped may go on without a change of its state.
    const changed = cameras.some(
      ({ id, state, age }) => former.get(id)?.state !== state || (state === "live" && (age ?? 0) > interval),
    );
    this.#quickRequests = changed ? requestsAfterChange : Math.max(0, this.#quickRequests - 1);
    this.loaded = true;
    this.server = { state: "online", notice: null, updatedAt: performance.now() };
  }

  /**
   * @param {"unreachable" | "error"} state
   * @param {string} notice
   */
  #fail(state, notice) {
    this.server = { ...this.server, state, notice };
  }
}

/**
 * @param {CameraReport} report
 * @param {Camera | undefined} former the same camera in the list before
 * @returns {Camera}
 */
function toCamera(report, former) {
  // The rate falls towards nothing after a stop. Only one reported while frames arrived says how often they come: a
  // timeout made from any other would let a frozen picture pass for a slow camera's.
  const running = !former || former.sequence !== report.sequence || former.fps === null;
  return { ...report, fps: running ? report.fps || null : former.fps };
}
