/** Actions by key. @type {Readonly<Record<string, string>>} */
const keys = {
  ArrowLeft: "previous",
  ArrowRight: "next",
  f: "fullscreen",
  r: "rotate",
  m: "mirror",
  p: "pip",
  "+": "zoomIn",
  "=": "zoomIn",
  "-": "zoomOut",
  0: "zoomReset",
};

/**
 * Performs actions at the clicks and, while a dialog is open, at the keys of a user.
 * @param {HTMLDialogElement} element whose buttons name their actions by `data-action`
 * @param {Readonly<Record<string, () => void>>} actions by name
 */
export function addActions(element, actions) {
  element.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-action]");
    if (button instanceof HTMLElement) actions[button.dataset.action ?? ""]?.();
  });
  // Not at the dialog: nothing in it has the focus after a click on the picture.
  document.addEventListener("keydown", (event) => {
    // In a field the arrows choose an option or move the cursor.
    const inField = event.target instanceof Element && event.target.matches("select, input[type=text]");
    const action = keys[event.key];
    if (!element.open || !action || inField || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[action]?.();
  });
}
