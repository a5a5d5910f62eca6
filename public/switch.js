/**
 * A switch whose position this browser remembers, in one place of the page or in several.
 * @param {readonly Element[]} places checkboxes
 * @param {string} key under which it is remembered
 * @param {() => void} onchange called when the reader has changed it
 * @returns {{ readonly on: boolean }}
 */
export function rememberSwitch(places, key, onchange) {
  const inputs = /** @type {readonly HTMLInputElement[]} */ (places);
  let on = false;
  const set = (/** @type {boolean} */ value) => {
    on = value;
    for (const input of inputs) input.checked = value;
  };
  try {
    set(localStorage.getItem(key) === "on");
  } catch {
    // A browser that keeps nothing for this page may still show it.
    set(false);
  }
  for (const input of inputs) {
    input.addEventListener("change", () => {
      set(input.checked);
      try {
        localStorage.setItem(key, on ? "on" : "off");
      } catch {
        // As above.
      }
      onchange();
    });
  }
  return {
    get on() {
      return on;
    },
  };
}
