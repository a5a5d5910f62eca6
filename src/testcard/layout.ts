import { advance, measure } from "./glyphs.ts";
import { timecodeStrip } from "./timecode.ts";

/** A picture's size in whole pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An upright box in pixels. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/** Where a text begins: its left end `x` and baseline `y` in whole pixels, and how it is set. */
export interface Line {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly weight: number;
  readonly tracking: number;
}

/** Where everything on the card lies, in pixels. */
export interface Layout {
  readonly size: Size;
  /** Kept clear at all four edges. */
  readonly margin: number;
  /** The middle of the dial. */
  readonly x: number;
  readonly y: number;
  /** The radius of the ring that the ball runs on. */
  readonly ring: number;
  /** The radius of the disc inside it, which carries the bars and the clock. */
  readonly disc: number;
  /** The radius of the ball. */
  readonly ball: number;
  /** The height of the labels in the corners. */
  readonly label: number;
  /** HH:MM:SS.mmm. */
  readonly clock: Line;
  /** Eight digits; the word "frame" ends before them at `word`. */
  readonly counter: Line & { readonly word: number };
}

/** Lays the card out for a picture of any size; everything is relative to the shorter side. */
export function layout(size: Size): Layout {
  const { width, height } = size;
  const short = Math.min(width, height);
  const margin = Math.round(short / 30);
  const floor = timecodeStrip(width, height)?.y ?? height;
  const x = Math.round(width / 2);
  const y = Math.round(floor / 2);
  const ring = Math.min(width / 2 - margin, floor / 2 - margin / 2) / 1.065;
  const disc = ring * 0.895;

  const clock = { height: disc * 0.22, weight: 0.13, tracking: 0.25 };
  const clockWidth = 9 * advance("0", clock) + 2 * advance(":", clock) + advance(".", clock);

  const counter = { height: Math.max(9, disc * 0.09), weight: 0.11, tracking: 0.26 };
  const word = measure("frame", counter);
  const gap = counter.height * 0.5;
  const left = x - (word + gap + 8 * advance("0", counter)) / 2;

  return {
    size,
    margin,
    x,
    y,
    ring,
    disc,
    ball: ring * 0.06,
    label: Math.max(9, short * 0.026),
    clock: { ...clock, x: Math.round(x - clockWidth / 2), y: Math.round(y + clock.height / 2) },
    counter: { ...counter, word: left + word, x: Math.round(left + word + gap), y: Math.round(y + disc * 0.765) },
  };
}
