/** A drawn place that a camera looks at. */
export interface Scene {
  /** Seconds after which it repeats itself. */
  readonly period: number;
  /** Returns what it looks like at a time, in seconds, as elements of SVG on an area of 1280 x 720. */
  readonly draw: (time: number) => string;
}

/** Joins what a function returns for 0, 1, … up to `count` - 1. */
export function times(count: number, draw: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => draw(index)).join("");
}
