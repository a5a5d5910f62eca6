import type { Page } from "playwright-core";

/**
 * Measures what the page shows: returns a line for each text that its box cuts off, for each name or picture that is
 * not to be seen, for each pair of elements that overlap, and for a page that is wider than its window.
 */
export function layoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(`(${find})()`);
}

/** Runs in the browser. */
const find = `function () {
  const faults = [];
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.textContent.trim() !== "";
  const within = document.querySelector("dialog[open]") ?? document.body;
  const nameOf = (element) => {
    const place = element.closest("[data-camera]")?.dataset.camera ?? element.closest("dialog, header, section")?.tagName ?? "";
    return (place + " ." + (element.className || element.id || element.tagName) + " " + JSON.stringify(element.textContent.trim().slice(0, 40)));
  };
  const textBox = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    return range.getBoundingClientRect();
  };
  const overlap = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
  const inside = (a, b) => a.left >= b.left - 1 && a.right <= b.right + 1 && a.top >= b.top - 1 && a.bottom <= b.bottom + 1;

  if (document.documentElement.scrollWidth > innerWidth) faults.push("the page is wider than its window");
  const texts = [...within.querySelectorAll("h1, #summary, .name, .status, .predictor, .notice, .toggle, #message")].filter(isShown);
  for (const element of texts) {
    if (element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).display !== "inline") faults.push(nameOf(element) + " is cut off");
    const text = textBox(element);
    for (let box = element; box && box !== document.documentElement; box = box.parentElement) {
      const clips = getComputedStyle(box).overflow !== "visible" && box.id !== "settings";
      if (clips && !inside(text, box.getBoundingClientRect())) faults.push(nameOf(element) + " is outside of ." + box.className);
    }
  }
  const names = [...within.querySelectorAll(".name")].filter((name) => name.closest("dialog") === (within.matches("dialog") ? within : null));
  for (const name of names) {
    const text = textBox(name);
    const expected = name.closest("[data-camera]")?.dataset.camera ?? name.closest("dialog")?.dataset.detail;
    if (text.height < 10 || text.width < 10 || name.textContent !== expected) faults.push(nameOf(name) + " is not to be seen");
  }
  for (const frame of within.querySelectorAll(".frame")) {
    const { width, height } = frame.getBoundingClientRect();
    if (frame.checkVisibility() && (width < 150 || height < 84)) faults.push(nameOf(frame) + " has a picture of " + width + " x " + height);
  }
  const boxes = [...texts.filter((element) => !element.matches(".notice")), ...within.querySelectorAll(".frame"), ...within.querySelectorAll("button, .bar a")]
    .filter((element) => element.checkVisibility())
    .map((element) => [element, element.matches("button, .bar a, .frame") ? element.getBoundingClientRect() : textBox(element)]);
  for (const [index, [one, first]] of boxes.entries()) {
    for (const [other, second] of boxes.slice(index + 1)) {
      if (!one.contains(other) && !other.contains(one) && overlap(first, second)) faults.push(nameOf(one) + " overlaps " + nameOf(other));
    }
  }
  return faults;
}`;
