import { list } from "./address.js";

/**
 * A camera as the server lists it; further fields are ignored.
 * @typedef {object} Camera
 * @property {string} id
 * @property {string} state
 * @property {string | null} detail
 * @property {number | null} fps the last rate at which frames came: a stopped camera keeps it
 * @property {number | null} width
 * @property {number | null} height
 * @property {number | null} age milliseconds since the newest frame, at the time of the answer
 * @property {number} sequence of the newest frame
 * @property {Predictor | null} predictions how fares what predicts of it for everybody; null where nothing does
 */

/**
 * @typedef {object} Predictor
 * @property {string} [predictor] what it is, where the reader may know
 * @property {string} state
 * @property {string | null} detail
 */

/**
 * How it stands with the server.
 * @typedef {object} Server
 * @property {"connecting" | "reached" | "unreachable" | "refused"} reach
 * @property {string | null} notice what to say while it is not reached
 * @property {number} answered when the list last came, as of performance.now()
 */

const PERIOD = 1000;
/** A server that takes longer for a short list is not reachable in any useful sense. */
const TIMEOUT = 4000;

/**
 * The list of cameras, asked for about once a second while the page is visible, one request at a time.
 * `cameras` and `server` are replaced, never changed; `onanswer` is called behind each answer and each failure.
 */
export class Cameras {
  /** @type {ReadonlyMap<string, Camera>} */
  cameras = new Map();
  /** @type {Readonly<Server>} */
  server = { reach: "connecting", notice: "connecting", answered: 0 };
  /** Whether a list ever came. */
  known = false;
  #onanswer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asking = false;

  /** @param {() => void} onanswer */
  constructor(onanswer) {
    this.#onanswer = onanswer;
  }

  /** Asks now, and about once a second from then on. */
  start() {
    clearTimeout(this.#timer);
    if (!this.#asking && !document.hidden) this.#ask();
  }

  /** What was heard before a pause says nothing about now: until the next answer the server counts as being sought. */
  resume() {
    this.server = { ...this.server, reach: "connecting", notice: "connecting" };
    this.start();
  }

  async #ask() {
    this.#asking = true;
    try {
      const response = await fetch(list, { cache: "no-store", signal: AbortSignal.timeout(TIMEOUT) });
      if (response.ok) {
        this.cameras = read(await response.json(), this.cameras);
        this.known = true;
        this.server = { reach: "reached", notice: null, answered: performance.now() };
      } else {
        this.#fail("refused", `server answers ${response.status}, trying again`);
      }
    } catch {
      this.#fail("unreachable", "server not reachable, trying again");
    }
    this.#asking = false;
    // The jitter keeps viewers that a restart has aligned from asking in step for ever.
    this.#timer = setTimeout(() => this.start(), PERIOD * (0.9 + Math.random() / 5));
    this.#onanswer();
  }

  /**
   * @param {"unreachable" | "refused"} reach
   * @param {string} notice
   */
  #fail(reach, notice) {
    this.server = { ...this.server, reach, notice };
  }
}

/**
 * @param {unknown} body
 * @param {ReadonlyMap<string, Camera>} former
 * @returns {ReadonlyMap<string, Camera>}
 */
function read(body, former) {
  const found = /** @type {{ cameras: Camera[] }} */ (body).cameras;
  return new Map(
    found.map((camera) => {
      const { id, state, sequence, detail = null, fps = null, width = null, height = null, age = null } = camera;
      // Only a rate told while frames came says how often they come; behind a stop it falls towards nothing,
      // and a patience made from it would let a frozen picture pass for a slow camera's.
      const last = former.get(id);
      const running = !last || last.sequence !== sequence || last.fps === null;
      const told = running ? fps || null : last.fps;
      return [
        id,
        { id, state, detail, fps: told, width, height, age, sequence, predictions: camera.predictions ?? null },
      ];
    }),
  );
}
