/**
 * Returns the camera that the page's address names, as in `#front`.
 * @returns {string | null} null for the grid
 */
export function currentCamera() {
  const id = location.hash.slice(1);
  return /^[a-z0-9][a-z0-9_-]{0,62}$/.test(id) ? id : null;
}

/**
 * Goes from the grid to a camera; the browser's Back leads to the grid.
 * @param {string} id
 */
export function pushCamera(id) {
  history.pushState({ grid: true }, "", `#${id}`);
}

/**
 * Goes from one camera to another; the browser's Back leads to where it led before.
 * @param {string} id
 */
export function replaceCamera(id) {
  history.replaceState(history.state, "", `#${id}`);
}

/**
 * Goes to the grid: back if it is the entry before, else in place, so that a deep link never leads out of the page.
 * Only the former fires `popstate`.
 */
export function leaveCamera() {
  if (history.state?.grid) history.back();
  else history.replaceState(null, "", location.pathname + location.search);
}
