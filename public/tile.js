import { fullAddress } from "./address.js";
import { Picture } from "./picture.js";
import { FrameSocket } from "./socket.js";
import { judge, patience } from "./verdict.js";
import { facts, rate } from "./words.js";

/** The shapes a tile may take: taller or wider pictures are letterboxed, or they would spoil the grid. */
const NARROWEST = 4 / 3;
const WIDEST = 16 / 9;

/**
 * One camera in the grid: a link to its large view, with a canvas drawn from a socket of its own.
 * It looks only while it can be seen; call `refresh` twice a second, and `remove` at the end.
 */
export class Tile {
  /** @type {HTMLElement} */
  element;
  #id;
  #link;
  #notice;
  #facts;
  #picture;
  #socket;
  #observer;
  #inView = false;
  #looking = false;
  /** @type {number | null} */
  #spokenRate = null;

  /**
   * @param {string} id
   * @param {HTMLTemplateElement} template
   * @param {() => void} onchange called when something happened that should show at once
   */
  constructor(id, template, onchange) {
    const part = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (this.element.querySelector(selector));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    this.element = /** @type {HTMLElement} */ (copy.firstElementChild);
    this.element.dataset.camera = this.#id = id;
    this.#link = /** @type {HTMLAnchorElement} */ (part("a"));
    this.#link.href = `#${id}`;
    this.#notice = part(".notice");
    this.#facts = part(".facts");
    part(".name").textContent = id;
    const canvas = /** @type {HTMLCanvasElement} */ (part("canvas"));
    canvas.setAttribute("aria-label", `Picture of ${id}`);
    this.#picture = new Picture(canvas, () => {
      if (this.element.dataset.state === "connecting") onchange();
    });
    const onframe = (/** @type {ArrayBuffer} */ jpeg) => this.#picture.show(jpeg);
    this.#socket = new FrameSocket(fullAddress(id, "ws"), { onframe, onchange });
    this.#observer = new IntersectionObserver(
      ([entry]) => {
        this.#inView = entry?.isIntersecting ?? false;
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

  /** Something says that the server can be reached again. */
  retry() {
    this.#socket.retry();
  }

  /** Ends everything that belongs to the tile. */
  remove() {
    this.#observer.disconnect();
    this.#socket.close();
    this.element.remove();
  }

  /**
   * Brings the tile up to date.
   * @param {import("./cameras.js").Camera} camera
   * @param {import("./cameras.js").Server} server
   * @param {boolean} uncovered whether the grid can be seen at all
   * @returns {import("./verdict.js").Verdict}
   */
  refresh(camera, server, uncovered) {
    const looking = uncovered && this.#inView;
    this.#look(looking, camera);
    const { connected, quiet } = this.#socket;
    const { age: drawn, broken } = this.#picture;
    const verdict = judge(camera, server, looking ? { connected, drawn, quiet, broken } : null);
    const silent = quiet > patience(camera.fps) + 2000;
    if (silent && camera.state === "live" && verdict.state !== "live") this.#socket.restart();

    // Nobody is to take a picture for live that is not being drawn.
    this.element.dataset.state = !looking && verdict.state === "live" ? "paused" : verdict.state;
    this.#notice.textContent = verdict.notice;
    this.#notice.hidden = verdict.notice === null;
    this.#facts.textContent = facts(verdict);
    this.#name(verdict);
    if (camera.width && camera.height) {
      this.ratio = Math.min(Math.max(camera.width / camera.height, NARROWEST), WIDEST);
      this.element.style.setProperty("--ratio", this.ratio.toFixed(4));
    }
    return verdict;
  }

  /**
   * @param {boolean} looking
   * @param {import("./cameras.js").Camera} camera
   */
  #look(looking, camera) {
    if (looking && !this.#looking) this.#picture.forget();
    this.#looking = looking;
    if (looking && camera.state !== "ended") this.#socket.open();
    else this.#socket.close();
  }

  /** @param {import("./verdict.js").Verdict} verdict */
  #name({ state, notice, fps }) {
    // A screen reader may read a name anew when it changes, so seconds and small changes of the rate are kept from it.
    if (!fps || !this.#spokenRate || Math.abs(fps / this.#spokenRate - 1) > 0.1) this.#spokenRate = fps;
    const words = [this.#id, state === "stalled" ? "no frames" : (notice ?? state)];
    if (state === "live" && this.#spokenRate) words.push(`${rate(this.#spokenRate)} frames a second`);
    const name = words.join(", ");
    if (this.#link.ariaLabel !== name) this.#link.ariaLabel = name;
  }
}
