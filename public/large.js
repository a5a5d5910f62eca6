import { address, fullAddress } from "./address.js";
import { copyText } from "./clipboard.js";
import { StreamImage } from "./stream.js";
import { judge } from "./verdict.js";
import { Watch } from "./watch.js";
import { facts, predictorFacts } from "./words.js";

/** What a key does while one camera is large. @type {Readonly<Record<string, string>>} */
const KEYS = { ArrowLeft: "previous", ArrowRight: "next", f: "fullscreen" };

/**
 * The large view: one camera in a modal dialog, as an `<img>` of its stream; where something is predicted of it, drawn
 * from the page's connection, since an `<img>` does not tell which picture it shows.
 * It decides nothing about where the reader goes: it asks `onclose` and `onstep`.
 */
export class Large {
  #dialog;
  #connection;
  #stream;
  #watch;
  /** Which of both shows the camera now. @type {StreamImage | Watch | null} */
  #shower = null;
  /** @type {string | null} */
  #id = null;

  /**
   * @param {HTMLDialogElement} dialog
   * @param {{ connection: import("./connection.js").Connection, inStep: () => boolean, onclose: () => void,
   *   onstep: (by: -1 | 1) => void, onchange: () => void }} options
   *   `inStep` tells whether pictures wait for their boxes; `onclose` is called when the reader closes it, `onstep` for
   *   the next or previous camera, `onchange` when it should be refreshed at once
   */
  constructor(dialog, { connection, inStep, onclose, onstep, onchange }) {
    this.#dialog = dialog;
    this.#connection = connection;
    const ondraw = () => {
      if (dialog.dataset.state === "connecting") onchange();
    };
    this.#watch = new Watch(/** @type {HTMLCanvasElement} */ (this.#part("canvas")), { connection, inStep, ondraw });
    this.#stream = new StreamImage(/** @type {HTMLImageElement} */ (this.#part("img")), onchange);
    /** @type {Record<string, () => void>} */
    const actions = {
      close: () => dialog.close(),
      previous: () => onstep(-1),
      next: () => onstep(1),
      fullscreen: () => this.#toggleFullscreen(),
      copy: () => this.#copy(),
    };
    dialog.addEventListener("click", ({ target }) => {
      const button = target instanceof Element && target.closest("[data-action]");
      if (button instanceof HTMLElement) actions[button.dataset.action ?? ""]?.();
    });
    dialog.addEventListener("keydown", (event) => {
      const action = KEYS[event.key];
      if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      actions[action]?.();
    });
    // Escape, the button and a phone's back gesture all end here, a little later: it may be open again by now.
    dialog.addEventListener("close", () => {
      if (this.#id && !dialog.open) onclose();
    });
    this.#part("[data-action=fullscreen]").hidden = !document.fullscreenEnabled;
  }

  /** The camera that is shown, null while the view is closed. */
  get id() {
    return this.#id;
  }

  /** Where to announce while everything outside of the dialog is inert. */
  get region() {
    return this.#part("[role=status]");
  }

  /**
   * Shows a camera, instead of any other.
   * @param {string} id
   */
  show(id) {
    if (this.#id === id) return;
    this.#id = this.#dialog.dataset.large = id;
    this.#part("h2").textContent = id;
    const snapshot = /** @type {HTMLAnchorElement} */ (this.#part("a[download]"));
    snapshot.href = address(id, "snapshot");
    snapshot.download = `${id}.jpg`;
    /** @type {HTMLImageElement} */ (this.#part("img")).alt = `Picture of ${id}`;
    const canvas = /** @type {HTMLCanvasElement} */ (this.#part("canvas"));
    canvas.ariaLabel = `Picture of ${id}`;
    canvas.width = canvas.height = 0; // what it shows is another camera
    this.pause();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  /** Closes the view without asking anyone. */
  hide() {
    if (!this.#id) return;
    this.#id = null;
    delete this.#dialog.dataset.large;
    this.pause();
    if (document.fullscreenElement) document.exitFullscreen();
    this.#dialog.close();
  }

  /** Lets go of the camera while nobody sees it; the next `refresh` shows it again. */
  pause() {
    this.#shower?.close();
    this.#shower = null;
  }

  /**
   * Brings the view up to date.
   * @param {import("./cameras.js").Cameras} cameras
   * @returns {import("./verdict.js").Verdict | null} null while the view is closed
   */
  refresh({ cameras, server, known }) {
    if (!this.#id) return null;
    const camera = cameras.get(this.#id);
    if (known && !document.hidden) this.#look(this.#id, camera);
    this.#stream.check(camera, server);
    const verdict = judge(camera, server, (this.#shower ?? this.#stream).sight);
    this.#dialog.dataset.state = verdict.state;
    this.#part(".facts").textContent = facts(verdict, this.#shower === this.#watch ? this.#watch.gauge : {});
    const predictor = this.#part(".predictor");
    predictor.textContent = predictor.title = predictorFacts(camera?.predictions ?? null, this.#watch) ?? "";
    predictor.dataset.state = camera?.predictions?.state;
    this.#part(".choice").hidden = !camera?.predictions;
    this.#part(".notice").textContent = verdict.notice;
    this.#part(".notice").hidden = verdict.notice === null;
    const alone = cameras.size < 2;
    this.#part("[data-action=previous]").hidden = alone;
    this.#part("[data-action=next]").hidden = alone;
    return verdict;
  }

  /**
   * @param {string} id
   * @param {import("./cameras.js").Camera | undefined} camera
   */
  #look(id, camera) {
    // A camera that is gone for the moment leaves it as it is.
    if (!camera && this.#shower) return;
    const shower = camera?.predictions && !this.#connection.refused ? this.#watch : this.#stream;
    if (shower === this.#shower) return;
    this.pause();
    this.#shower = shower;
    this.#part("canvas").hidden = shower !== this.#watch;
    this.#part("img").hidden = shower !== this.#stream;
    shower.open(id);
  }

  #toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    // A dialog itself may not be made fullscreen, what is in it may; the browser says so when it refuses.
    else this.#part(".stage").requestFullscreen().catch(console.warn);
  }

  async #copy() {
    const copied = this.#id !== null && (await copyText(fullAddress(this.#id, "stream"), this.#dialog));
    const label = this.#part("[data-action=copy]");
    label.textContent = this.region.textContent = copied ? "Copied" : "Not copied";
    setTimeout(() => {
      label.textContent = "Copy URL";
    }, 2000);
  }

  /** @param {string} selector */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.#dialog.querySelector(selector));
  }
}
