/** The list of cameras, relative to the page, since the app may be mounted under any path. */
export const camerasUrl = "cameras";

/**
 * Returns the URL of a camera's stream or snapshot, relative to the page.
 * @param {string} id
 * @param {"stream" | "snapshot"} resource
 * @returns {string}
 */
export function cameraUrl(id, resource) {
  return `${camerasUrl}/${encodeURIComponent(id)}/${resource}`;
}

/**
 * Returns the absolute URL of a camera's stream or snapshot, for copying.
 * @param {string} id
 * @param {"stream" | "snapshot"} resource
 * @returns {string}
 */
export function absoluteCameraUrl(id, resource) {
  return new URL(cameraUrl(id, resource), document.baseURI).href;
}

/**
 * Returns the absolute URL of the page's WebSocket: not every browser accepts a relative one.
 * @returns {string}
 */
export function webSocketUrl() {
  const url = new URL("ws", document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
