import { advance, measure } from "./glyphs.ts";
import { timecodeStrip } from "./timecode.ts";

/** Size of a picture in whole pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** An axis-aligned box in pixels. */
export interface Box extends Size {
  readonly x: number;
  readonly y: number;
}

/** Position of a text, its left end `x` and baseline `y` in whole pixels, and its style. */
export interface TextLayout {
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly weight: number;
  readonly tracking: number;
}

/** Positions and sizes of everything on the card, in pixels. */
export interface Layout {
  readonly size: Size;
  /** Space kept free at all four edges. */
  readonly margin: number;
  /** Centre of the dial. */
  readonly x: number;
  readonly y: number;
  /** Radius of the ring on which the ball moves. */
  readonly ring: number;
  /** Radius of the disc inside it, with the bars and the clock. */
  readonly disc: number;
  /** Radius of the ball. */
  readonly ball: number;
  /** Height of the labels in the corners. */
  readonly label: number;
  /** The time of day, as HH:MM:SS.mmm. */
  readonly clock: TextLayout;
  /** The frame number in eight digits; the word "frame" before it ends at `word`. */
  readonly counter: TextLayout & { readonly word: number };
}

/** Returns the layout for a picture of any size, in proportion to its shorter side. */
export function layout(size: Size): Layout {
  const { width, height } = size;
  const shortSide = Math.min(width, height);
  const margin = Math.round(shortSide / 30);
  const bottom = timecodeStrip(width, height)?.y ?? height;
  const x = Math.round(width / 2);
  const y = Math.round(bottom / 2);
  const ring = Math.min(width / 2 - margin, bottom / 2 - margin / 2) / 1.065;
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
    label: Math.max(9, shortSide * 0.026),
    clock: { ...clock, x: Math.round(x - clockWidth / 2), y: Math.round(y + clock.height / 2) },
    counter: { ...counter, word: left + word, x: Math.round(left + word + gap), y: Math.round(y + disc * 0.765) },
  };
}
