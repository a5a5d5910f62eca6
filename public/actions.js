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
 * Performs actions at the clicks and keys of a user.
 * @param {HTMLElement} element whose buttons name their actions by `data-action`
 * @param {Readonly<Record<string, () => void>>} actions by name
 */
export function addActions(element, actions) {
  element.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-action]");
    if (button instanceof HTMLElement) actions[button.dataset.action ?? ""]?.();
  });
  element.addEventListener("keydown", (event) => {
    // In a field the arrows choose an option or move the cursor.
    const inField = event.target instanceof Element && event.target.matches("select, input[type=text]");
    const action = keys[event.key];
    if (!action || inField || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[action]?.();
  });
}
