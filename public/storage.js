/**
 * Reads what this browser has stored.
 * @param {string} key
 * @returns {string | null} null for nothing
 */
export function load(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage is blocked; the page works without it
  }
}

/**
 * Stores a text in this browser.
 * @param {string} key
 * @param {string} value
 */
export function store(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is blocked or full: the choice lasts until the page is closed.
  }
}
