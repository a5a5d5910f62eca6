/** The list of cameras, relative to the page: the app may be mounted under any path. */
export const list = "cameras";

/**
 * Where a camera's pictures come from, relative to the page.
 * @param {string} id
 * @param {"stream" | "snapshot" | "ws"} transport
 * @returns {string}
 */
export function address(id, transport) {
  return `${list}/${encodeURIComponent(id)}/${transport}`;
}

/**
 * The same in full, for copying and for sockets, which not every browser lets be relative.
 * @param {string} id
 * @param {"stream" | "snapshot" | "ws"} transport
 * @returns {string}
 */
export function fullAddress(id, transport) {
  const url = new URL(address(id, transport), document.baseURI);
  if (transport === "ws") url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
