/** Milliseconds. */
const shownTime = 8000;

/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/**
 * Shows a message for some seconds, in place of the last one.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function showToast(element, text) {
  clearTimeout(timer);
  element.textContent = text;
  element.hidden = false;
  timer = setTimeout(() => {
    element.hidden = true;
  }, shownTime);
}
