/** @import { Preferences } from "./preferences.js" */

/** A list in which the user moves, hides and shows the cameras of the grid. */
export class Arrangement {
  #element;
  #template;
  #preferences;
  /** @type {readonly string[]} */
  #ids = [];

  /**
   * @param {HTMLElement} element
   * @param {{ template: HTMLTemplateElement, preferences: Preferences }} options `template` of a row
   */
  constructor(element, { template, preferences }) {
    this.#element = element;
    this.#template = template;
    this.#preferences = preferences;
    element.addEventListener("change", ({ target }) => {
      if (target instanceof HTMLInputElement) preferences.setHidden(idOf(target), !target.checked);
    });
    element.addEventListener("click", ({ target }) => {
      const button = target instanceof Element && target.closest("button");
      if (button) this.#move(button);
    });
  }

  /** @param {readonly string[]} ids of all cameras, in their order */
  setCameras(ids) {
    const rows = new Map([...this.#element.children].map((row) => [idOf(row), row]));
    const sorted = ids.map((id) => rows.get(id) ?? this.#createRow(id));
    for (const [index, row] of sorted.entries()) {
      for (const input of row.querySelectorAll("input")) input.checked = !this.#preferences.isHidden(idOf(row));
      for (const button of row.querySelectorAll("button")) {
        button.disabled = index + Number(button.dataset.by) < 0 || index + Number(button.dataset.by) >= ids.length;
      }
    }
    const changed = ids.length !== this.#ids.length || ids.some((id, index) => id !== this.#ids[index]);
    if (changed) this.#element.replaceChildren(...sorted);
    this.#ids = ids;
  }

  /** @param {HTMLButtonElement} button */
  #move(button) {
    const by = button.dataset.by === "1" ? 1 : -1;
    this.#preferences.move(idOf(button), { by, among: this.#ids });
    // A row that is moved loses the focus, and at the end of the list the button cannot have it.
    const next = button.disabled ? button.parentElement?.querySelector("button:enabled") : button;
    if (next instanceof HTMLElement) next.focus();
  }

  /** @param {string} id */
  #createRow(id) {
    const copy = /** @type {DocumentFragment} */ (this.#template.content.cloneNode(true));
    const row = /** @type {HTMLElement} */ (copy.firstElementChild);
    row.dataset.id = id;
    const name = row.querySelector("span");
    if (name) name.textContent = id;
    for (const button of row.querySelectorAll("button")) {
      button.ariaLabel = `Move ${id} ${button.dataset.by === "1" ? "down" : "up"}`;
    }
    return row;
  }
}

/** @param {Element} element of a row */
function idOf(element) {
  return element.closest("li")?.dataset.id ?? "";
}
