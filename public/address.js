/** The list of cameras, relative to the page: the app may be mounted under any path. */
export const list = "cameras";

/**
 * Where a camera's pictures come from, relative to the page.
 * @param {string} id
 * @param {"stream" | "snapshot"} transport
 * @returns {string}
 */
export function address(id, transport) {
  return `${list}/${encodeURIComponent(id)}/${transport}`;
}

/**
 * The same in full, for copying.
 * @param {string} id
 * @param {"stream" | "snapshot"} transport
 * @returns {string}
 */
export function fullAddress(id, transport) {
  return new URL(address(id, transport), document.baseURI).href;
}

/**
 * Where the page's WebSocket leads, in full, as not every browser lets it be relative.
 * @returns {string}
 */
export function socketAddress() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
