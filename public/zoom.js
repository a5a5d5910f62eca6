const maxScale = 8;
const step = 1.5;
/** The scale after a double click on a picture that is not enlarged. */
const doubleClickScale = 2.5;

/**
 * Enlarges a picture in its frame, around the pointer: by wheel, pinch, double click and the keys that call `zoomIn` and
 * `zoomOut`. An enlarged picture can be dragged, and always covers its frame.
 */
export class Zoom {
  scale = 1;
  #frame;
  #picture;
  #onchange;
  /** Where the picture's middle is, in pixels away from the frame's. */
  #x = 0;
  #y = 0;
  /** Pointers that are down, by id. @type {Map<number, { x: number, y: number }>} */
  #pointers = new Map();

  /**
   * @param {HTMLElement} frame that gets the pointer's events
   * @param {{ picture: HTMLElement, onchange: (scale: number) => void }} options `picture` fills the frame
   */
  constructor(frame, { picture, onchange }) {
    this.#frame = frame;
    this.#picture = picture;
    this.#onchange = onchange;
    frame.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        // A trackpad's pinch comes as a wheel with the control key, in small steps.
        this.#zoomTo(this.scale * Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), event);
      },
      { passive: false },
    );
    frame.addEventListener("dblclick", (event) => this.#zoomTo(this.scale > 1 ? 1 : doubleClickScale, event));
    frame.addEventListener("pointerdown", (event) => this.#press(event));
    frame.addEventListener("pointermove", (event) => this.#drag(event));
    for (const type of ["pointerup", "pointercancel"]) {
      frame.addEventListener(type, (event) => this.#pointers.delete(/** @type {PointerEvent} */ (event).pointerId));
    }
    // What was inside of a larger frame may be outside of a smaller one.
    new ResizeObserver(() => this.#apply()).observe(frame);
  }

  zoomIn() {
    this.#zoomTo(this.scale * step);
  }

  zoomOut() {
    this.#zoomTo(this.scale / step);
  }

  /** Shows the whole picture. */
  reset() {
    this.#zoomTo(1);
  }

  /** @param {PointerEvent} event */
  #press(event) {
    // A captured pointer would take the click from a button in the frame.
    const onButton = event.target instanceof Element && event.target.closest("button");
    if (event.button !== 0 || onButton) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#frame.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    const former = this.#pointers.get(event.pointerId);
    if (!former) return;
    const point = { x: event.clientX, y: event.clientY };
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, point);
    // Each of two fingers moves the middle between them by half of its way.
    const share = other ? 0.5 : 1;
    this.#x += (point.x - former.x) * share;
    this.#y += (point.y - former.y) * share;
    if (!other) return this.#apply();
    const spread = distance(point, other) / Math.max(1, distance(former, other));
    this.#zoomTo(this.scale * spread, { clientX: (point.x + other.x) / 2, clientY: (point.y + other.y) / 2 });
  }

  /**
   * Zooms so that what is under a point stays there.
   * @param {number} scale
   * @param {{ clientX: number, clientY: number }} [point] the frame's middle by default
   */
  #zoomTo(scale, point) {
    const wanted = Math.min(Math.max(scale, 1), maxScale);
    const { left, top, width, height } = this.#frame.getBoundingClientRect();
    const x = point ? point.clientX - left - width / 2 : 0;
    const y = point ? point.clientY - top - height / 2 : 0;
    this.#x = x - ((x - this.#x) * wanted) / this.scale;
    this.#y = y - ((y - this.#y) * wanted) / this.scale;
    this.scale = wanted;
    this.#apply();
    this.#onchange(wanted);
  }

  #apply() {
    const clamp = (/** @type {number} */ offset, /** @type {number} */ length) => {
      const most = (length * (this.scale - 1)) / 2;
      return Math.min(Math.max(offset, -most), most);
    };
    this.#x = clamp(this.#x, this.#frame.clientWidth);
    this.#y = clamp(this.#y, this.#frame.clientHeight);
    this.#picture.style.transform = this.scale > 1 ? `translate(${this.#x}px, ${this.#y}px) scale(${this.scale})` : "";
    this.#frame.dataset.zoomed = String(this.scale > 1);
  }
}

/**
 * @param {{ x: number, y: number }} a
 * @param {{ x: number, y: number }} b
 */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
