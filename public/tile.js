import { StillImage } from "./still.js";
import { StreamImage } from "./stream.js";
import { judge, patience } from "./verdict.js";
import { Watch } from "./watch.js";
import { facts, plural, predictorFacts, predictorName, rate } from "./words.js";

/** Milliseconds beyond all patience after which a silent camera is asked for again: a slow link has its reasons. */
const RENEWAL = 10_000;

/**
 * How a tile gets its pictures: by the page's WebSocket, or, where that is refused, by a stream or by snapshots in an
 * `<img>`; null for not at all.
 * @typedef {"websocket" | "stream" | "snapshots" | null} Transport
 */

/** The shapes a tile may take: taller or wider pictures are letterboxed, or they would spoil the grid. */
const NARROWEST = 4 / 3;
const WIDEST = 16 / 9;

/**
 * One camera in the grid: a link to its large view, with a canvas drawn from the page's connection.
 * It looks only while it can be seen; call `refresh` twice a second, and `remove` at the end.
 */
export class Tile {
  /** @type {HTMLElement} */
  element;
  /** Whether it is on the screen, or nearly. */
  inView = false;
  #id;
  #link;
  #notice;
  #facts;
  #canvas;
  #predictor;
  #watch;
  #onchange;
  #observer;
  /** @type {Transport} */
  #transport = null;
  /** @type {StreamImage | StillImage | null} */
  #substitute = null;
  /** @type {number | null} */
  #spokenRate = null;

  /**
   * @param {string} id
   * @param {HTMLTemplateElement} template
   * @param {{ connection: import("./connection.js").Connection, inStep: () => boolean, onchange: () => void }} options
   *   `inStep` tells whether pictures wait for their boxes; `onchange` is called when something happened that should
   *   show at once
   */
  constructor(id, template, { connection, inStep, onchange }) {
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (this.element.querySelector(selector));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.element = /** @type {HTMLElement} */ (copy.firstElementChild);
    this.element.dataset.camera = this.#id = id;
    this.#onchange = onchange;
    this.#link = /** @type {HTMLAnchorElement} */ (part("a"));
    this.#link.href = `#${id}`;
    this.#notice = part(".notice");
    this.#facts = part(".facts");
    this.#predictor = part(".predictor");
    part(".name").textContent = id;
    this.#canvas = /** @type {HTMLCanvasElement} */ (part("canvas"));
    this.#canvas.setAttribute("aria-label", `Picture of ${id}`);
    const ondraw = () => {
      if (this.element.dataset.state === "connecting") onchange();
    };
    this.#watch = new Watch(this.#canvas, { connection, inStep, ondraw });
    this.#observer = new IntersectionObserver(
      (entries) => {
        this.inView = entries.at(-1)?.isIntersecting ?? false;
        onchange();
      },
      { rootMargin: "10%" },
    );
    this.#observer.observe(this.element);
  }

  /** The shape of the tile, width by height. */
  ratio = 16 / 9;

  /** Moves the keyboard here. */
  focus() {
    this.#link.focus();
  }

  /** Ends everything that belongs to the tile. */
  remove() {
    this.#observer.disconnect();
    this.#look(null);
    this.element.remove();
  }

  /**
   * Brings the tile up to date.
   * @param {import("./cameras.js").Camera} camera
   * @param {import("./cameras.js").Server} server
   * @param {Transport} transport by which to look
   * @returns {import("./verdict.js").Verdict}
   */
  refresh(camera, server, transport) {
    this.#look(camera.state === "ended" ? null : transport);
    this.#substitute?.check(camera, server);
    const sight = this.#sight;
    const verdict = judge(camera, server, sight);
    if (camera.state === "live" && sight && sight.quiet > patience(camera.fps) + RENEWAL) this.#watch.renew();

    // Nobody is to take a picture for live that is not being drawn.
    const state = !this.#transport && verdict.state === "live" ? "paused" : verdict.state;
    this.element.dataset.state = state;
    this.#notice.textContent = verdict.notice;
    this.#notice.hidden = verdict.notice === null;
    this.#facts.textContent = facts(verdict, {
      transport: this.#transport,
      fps: this.#watch.gauge.fps,
      lag: this.#watch.gauge.lag,
    });
    this.#predictor.textContent = this.#predictor.title = predictorFacts(camera.predictions, this.#watch) ?? "";
    this.#predictor.dataset.state = camera.predictions?.state;
    this.#measure(state === "live");
    this.#name(verdict, camera);
    if (camera.width && camera.height) {
      this.ratio = Math.min(Math.max(camera.width / camera.height, NARROWEST), WIDEST);
      this.element.style.setProperty("--ratio", this.ratio.toFixed(4));
    }
    return verdict;
  }

  /** What this tile itself has seen. */
  get #sight() {
    if (this.#substitute) return this.#substitute.sight;
    return this.#transport ? this.#watch.sight : null;
  }

  /** @param {Transport} transport */
  #look(transport) {
    if (transport === this.#transport) return;
    this.#watch.close();
    this.#substitute?.close();
    this.#substitute = null;
    this.#link.querySelector("img")?.remove();
    this.#transport = transport;
    this.element.dataset.transport = transport ?? "none";
    if (transport === "websocket") this.#watch.open(this.#id);
    else if (transport) this.#substitute = this.#stand(transport);
  }

  /** @param {"stream" | "snapshots"} transport */
  #stand(transport) {
    const image = new Image();
    image.alt = `Picture of ${this.#id}`;
    this.#canvas.before(image);
    const substitute = new { stream: StreamImage, snapshots: StillImage }[transport](image, this.#onchange);
    substitute.open(this.#id);
    return substitute;
  }

  /** @param {boolean} live */
  #measure(live) {
    const { lag, skipped } = this.#watch.gauge;
    const { dataset } = this.element;
    if (live && lag !== null) dataset.lag = String(Math.round(lag));
    else delete dataset.lag;
    dataset.skipped = String(skipped);
    const title = `${plural(skipped, "frame")} skipped`;
    if (this.#facts.title !== title) this.#facts.title = title;
  }

  /**
   * @param {import("./verdict.js").Verdict} verdict
   * @param {import("./cameras.js").Camera} camera
   */
  #name({ state, notice, fps }, { predictions }) {
    // A screen reader may read a name anew when it changes, so seconds and small changes of the rate are kept from it.
    if (!fps || !this.#spokenRate || Math.abs(fps / this.#spokenRate - 1) > 0.1) this.#spokenRate = fps;
    const words = [this.#id, state === "stalled" ? "no frames" : (notice ?? state)];
    if (state === "live" && this.#spokenRate) words.push(`${rate(this.#spokenRate)} frames a second`);
    if (predictions && predictions.state !== "live") words.push(`${predictorName(predictions)} ${predictions.state}`);
    const name = words.join(", ");
    if (this.#link.ariaLabel !== name) this.#link.ariaLabel = name;
  }
}
