import { copyText } from "./clipboard.js";
import { absoluteCameraUrl, cameraUrl } from "./urls.js";

/** What a camera is offered as, and where. @type {readonly (readonly [string, "stream" | "snapshot" | "ws"])[]} */
const formats = [
  ["Stream", "stream"],
  ["Snapshot", "snapshot"],
  ["WebSocket", "ws"],
];
/** Milliseconds for which a button tells its result. */
const copiedTime = 2000;

/**
 * A menu of a camera's URLs, to be copied: for those who have signed in, or, where the user may give access to others,
 * signed for a time.
 */
export class CameraLinks {
  #element;
  #select;
  #rows;
  #id = "";
  #isAdmin = false;

  /**
   * @param {HTMLElement} element a popover with a list and a `<select>` of seconds
   * @param {{ template: HTMLTemplateElement, oncopy: (text: string) => void }} options `oncopy` gets a message that tells
   *   whether a URL was copied
   */
  constructor(element, { template, oncopy }) {
    this.#element = element;
    this.#select = /** @type {HTMLSelectElement} */ (element.querySelector("select"));
    this.#rows = formats.map(([name, resource]) => ({ name, resource, ...createRow(name, template) }));
    element.querySelector("ul")?.append(...this.#rows.map(({ row }) => row));
    for (const { name, field, button } of this.#rows) {
      button.addEventListener("click", async () => {
        const copied = await copyText(field.value, element);
        button.textContent = copied ? "Copied" : "Not copied";
        oncopy(`${name} ${copied ? "copied" : "not copied"}`);
        setTimeout(() => {
          button.textContent = "Copy";
        }, copiedTime);
      });
    }
    this.#select.addEventListener("change", () => this.#update());
    element.addEventListener("toggle", () => this.#offerSigned());
  }

  /**
   * @param {string} id of the camera
   * @param {boolean} isAdmin whether the user may give access to others
   */
  setCamera(id, isAdmin) {
    this.#isAdmin = isAdmin;
    if (this.#id === id) return;
    this.#id = id;
    this.#select.value = "";
    this.#update();
    this.#offerSigned();
  }

  hide() {
    this.#element.hidePopover();
  }

  /** Offers signed URLs in an open menu, if the user may give access and there is any to be given. */
  async #offerSigned() {
    const label = this.#select.closest("label");
    if (!label || !this.#element.matches(":popover-open")) return;
    label.hidden = true;
    const id = this.#id;
    const query = this.#isAdmin ? await requestSignature(id, "1") : null;
    if (id === this.#id) label.hidden = !query;
  }

  async #update() {
    const id = this.#id;
    const seconds = this.#select.value;
    const query = seconds === "" ? "" : await requestSignature(id, seconds);
    if (id !== this.#id || seconds !== this.#select.value) return;
    for (const { field, button, resource } of this.#rows) {
      field.value = query === null ? "The server could not sign it" : absoluteCameraUrl(id, resource) + query;
      button.disabled = query === null;
    }
  }
}

/**
 * @param {string} name
 * @param {HTMLTemplateElement} template
 */
function createRow(name, template) {
  const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  const row = /** @type {HTMLElement} */ (copy.firstElementChild);
  const field = /** @type {HTMLInputElement} */ (row.querySelector("input"));
  const button = /** @type {HTMLButtonElement} */ (row.querySelector("button"));
  const label = row.querySelector("span");
  if (label) label.textContent = name;
  button.ariaLabel = `Copy ${name}`;
  field.addEventListener("focus", () => field.select());
  return { row, field, button };
}

/**
 * Requests a query that gives access to a camera for a time.
 * @param {string} id
 * @param {string} seconds
 * @returns {Promise<string | null>} with its question mark, empty where nobody has to sign in; null when there is none
 */
async function requestSignature(id, seconds) {
  try {
    const response = await fetch(`${cameraUrl(id, "signature")}?seconds=${seconds}`, { cache: "no-store" });
    if (!response.ok) return null;
    const { query } = /** @type {{ query: string }} */ (await response.json());
    return query && `?${query}`;
  } catch {
    return null;
  }
}
