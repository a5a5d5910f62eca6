/**
 * The camera that the address asks for, as in `#front`.
 * @returns {string | null} null for the grid
 */
export function route() {
  const id = location.hash.slice(1);
  return /^[a-z0-9][a-z0-9_-]{0,62}$/.test(id) ? id : null;
}

/**
 * Goes from the grid to a camera; "back" leads to the grid.
 * @param {string} id
 */
export function enter(id) {
  history.pushState({ grid: true }, "", `#${id}`);
}

/**
 * Goes from one camera to another; "back" leads to where it led before.
 * @param {string} id
 */
export function step(id) {
  history.replaceState(history.state, "", `#${id}`);
}

/**
 * Goes to the grid: back when it is what lies behind, else in place, so that a deep link never leads out of the page.
 * Listeners of `popstate` are told in the first case only.
 */
export function leave() {
  if (history.state?.grid) history.back();
  else history.replaceState(null, "", location.pathname + location.search);
}
