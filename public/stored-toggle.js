import { load, store } from "./storage.js";

/**
 * A checkbox, or several that always agree, whose state this browser stores.
 * @param {readonly HTMLInputElement[]} inputs
 * @param {string} key under which it is stored
 * @param {() => void} onchange called when the user has changed it
 * @returns {{ readonly on: boolean }} its present state
 */
export function storedToggle(inputs, key, onchange) {
  let on = false;
  const set = (/** @type {boolean} */ value) => {
    on = value;
    for (const input of inputs) input.checked = value;
  };
  set(load(key) === "on");
  for (const input of inputs) {
    input.addEventListener("change", () => {
      set(input.checked);
      store(key, on ? "on" : "off");
      onchange();
    });
  }
  return {
    get on() {
      return on;
    },
  };
}
