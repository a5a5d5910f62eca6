/**
 * A switch whose position this browser remembers.
 * @param {HTMLInputElement} input a checkbox
 * @param {string} key under which it is remembered
 * @param {() => void} onchange called when the reader has changed it
 * @returns {{ readonly on: boolean }}
 */
export function rememberSwitch(input, key, onchange) {
  try {
    input.checked = localStorage.getItem(key) === "on";
  } catch {
    // A browser that keeps nothing for this page may still show it.
    input.checked = false;
  }
  input.addEventListener("change", () => {
    try {
      localStorage.setItem(key, input.checked ? "on" : "off");
    } catch {
      // As above.
    }
    onchange();
  });
  return {
    get on() {
      return input.checked;
    },
  };
}
