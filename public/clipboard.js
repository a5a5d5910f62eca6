/**
 * Copies a text, also on a plain-HTTP page of the local network, where browsers withhold the clipboard's API.
 * @param {string} text
 * @param {HTMLElement} place where a field may be put for a moment; inside the dialog while a modal one is open
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copyText(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "unseen";
    place.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return copied;
  }
}
