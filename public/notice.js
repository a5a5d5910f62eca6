import { shorten } from "./format.js";

/** @import { CameraStatus } from "./status.js" */

/**
 * Shows why a picture stands still and how old it is; nothing while it is live.
 * @param {HTMLElement} element
 * @param {CameraStatus} status
 * @param {number} [maxLength] characters of the reason, the rest of which becomes its title; no limit by default
 */
export function showNotice(element, { notice, lastFrame = null }, maxLength = Number.POSITIVE_INFINITY) {
  element.hidden = notice === null;
  if (notice === null) return;
  const reason = shorten(notice, maxLength);
  const title = reason === notice ? "" : notice;
  const parts = [reason, lastFrame].map((text) => text ?? "");
  // Written only when it changes: what a user has selected stays selected.
  if (element.title !== title) element.title = title;
  for (const [index, text] of parts.entries()) {
    const part = element.children[index];
    if (part && part.textContent !== text) part.textContent = text;
  }
}
