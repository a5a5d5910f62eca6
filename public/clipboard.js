/**
 * Copies a text, also on a plain-HTTP page of the local network, where browsers do not offer the clipboard API.
 * @param {string} text
 * @param {HTMLElement} parent of a temporary text field; inside the dialog while a modal one is open
 * @returns {Promise<boolean>} whether it was copied
 */
export async function copyText(text, parent) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const focused = document.activeElement;
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    parent.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    if (focused instanceof HTMLElement) focused.focus();
    return copied;
  }
}
