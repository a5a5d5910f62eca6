/** The list of cameras, relative to the page, since the app may be mounted under any path. */
export const camerasUrl = "cameras";

/** @typedef {"stream" | "snapshot" | "ws" | "signature"} CameraResource */

/**
 * Returns the URL of a camera's resource, relative to the page.
 * @param {string} id
 * @param {CameraResource} resource
 * @returns {string}
 */
export function cameraUrl(id, resource) {
  return `${camerasUrl}/${encodeURIComponent(id)}/${resource}`;
}

/**
 * Returns the absolute URL of a camera's resource, for copying.
 * @param {string} id
 * @param {CameraResource} resource
 * @returns {string}
 */
export function absoluteCameraUrl(id, resource) {
  const url = cameraUrl(id, resource);
  return resource === "ws" ? webSocketUrl(url) : new URL(url, document.baseURI).href;
}

/**
 * Returns the absolute URL of a WebSocket: not every browser accepts a relative one.
 * @param {string} path relative to the page
 * @returns {string}
 */
export function webSocketUrl(path) {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
