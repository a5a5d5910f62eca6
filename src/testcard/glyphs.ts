/** Position and style of a text. */
export interface Lettering {
  /** Position of the `anchor` in pixels. */
  readonly x: number;
  /** Position of the baseline in pixels. */
  readonly y: number;
  /** Height of a digit in pixels. */
  readonly height: number;
  /** Colour in SVG notation. */
  readonly colour: string;
  /** Stroke width relative to the height. @default 0.12 */
  readonly weight?: number;
  /** Space between two characters relative to the height. @default 0.28 */
  readonly tracking?: number;
  /** The point of the text that `x` is the position of. @default "start" */
  readonly anchor?: "start" | "middle" | "end";
}

const defaultTracking = 0.28;

interface Glyph {
  readonly width: number;
  readonly path: string;
}

// Centre lines of strokes, so that no font is needed and one drawing serves every weight.
// Digits extend from y = 0 to the baseline at y = 100; small letters begin at y = 36.
const glyphs: Readonly<Record<string, Glyph>> = {
  "0": { width: 57, path: "M0 30A28.5 30 0 0 1 57 30V70A28.5 30 0 0 1 0 70Z" },
  "1": { width: 57, path: "M11 19L35 0V100" },
  "2": { width: 57, path: "M2 27C2 11 13 0 29 0C45 0 56 11 56 27C56 40 49 49 40 58L2 100H57" },
  "3": {
    width: 57,
    path: "M3 21C7 8 17 0 29 0C44 0 53 9 53 23C53 38 43 47 24 47C45 47 57 57 57 73C57 89 45 100 28 100C14 100 4 92 0 79",
  },
  "4": { width: 59, path: "M44 100V0L0 73H59" },
  "5": {
    width: 57,
    path: "M52 0H10L6 46C12 40 19 37 28 37C45 37 57 50 57 68C57 87 45 100 27 100C14 100 4 93 0 81",
  },
  "6": { width: 57, path: "M43 0C26 18 0 46 0 71.5A28.5 28.5 0 0 0 57 71.5A28.5 28.5 0 0 0 3 60" },
  "7": { width: 57, path: "M0 0H57L20 100" },
  "8": {
    width: 57,
    path: "M28.5 47A24.5 23.5 0 0 1 28.5 0A24.5 23.5 0 0 1 28.5 47A28.5 26.5 0 0 1 28.5 100A28.5 26.5 0 0 1 28.5 47Z",
  },
  "9": { width: 57, path: "M14 100C31 82 57 54 57 28.5A28.5 28.5 0 0 0 0 28.5A28.5 28.5 0 0 0 54 40" },
  ":": { width: 6, path: "M3 30v.01M3 74v.01" },
  ".": { width: 6, path: "M3 98v.01" },
  " ": { width: 14, path: "" },
  "/": { width: 44, path: "M0 108L44 -8" },
  "@": {
    width: 92,
    path: "M64 42V64C64 74 70 79 77 79C87 79 92 70 92 58A46 46 0 1 0 70 97M64 58A18 19 0 1 0 28 58A18 19 0 1 0 64 58",
  },
  x: { width: 44, path: "M0 34L44 86M44 34L0 86" },
  a: { width: 58, path: "M58 36V100M58 68A29 32 0 1 0 0 68A29 32 0 1 0 58 68" },
  c: { width: 56, path: "M56 49C51 41 43 36 33 36C14 36 0 49 0 68C0 87 14 100 33 100C43 100 51 95 56 87" },
  e: { width: 61, path: "M1 67H61C60 48 49 36 32 36C14 36 0 49 0 68C0 87 14 100 32 100C43 100 52 95 57 87" },
  f: { width: 36, path: "M36 0H34C21 0 14 8 14 21V100M0 36H34" },
  m: {
    width: 88,
    path: "M0 100V36M0 62C0 46 9 36 22 36C36 36 44 45 44 61V100M44 62C44 46 53 36 66 36C80 36 88 45 88 61V100",
  },
  p: { width: 58, path: "M0 36V130M0 68A29 32 0 1 0 58 68A29 32 0 1 0 0 68" },
  r: { width: 30, path: "M0 100V36M0 64C0 46 11 36 30 36" },
  s: {
    width: 47,
    path: "M45 46C41 39 34 36 25 36C12 36 2 42 2 52C2 62 11 65 24 68C38 71 47 74 47 84C47 95 38 100 25 100C13 100 5 96 0 89",
  },
  t: { width: 36, path: "M14 8V80C14 94 21 100 33 100H36M0 36H36" },
};

function glyph(character: string): Glyph {
  const found = glyphs[character];
  if (!found) throw new RangeError(`Cannot draw "${character}": the font of the test card does not have it`);
  return found;
}

/**
 * Returns the width of a text in pixels, from the first centre line to the last; strokes extend by half their width at
 * both ends. Throws a `RangeError` for a character that the font does not have.
 */
export function measure(
  text: string,
  { height, tracking = defaultTracking }: Pick<Lettering, "height" | "tracking">,
): number {
  let width = -tracking;
  for (const character of text) width += glyph(character).width / 100 + tracking;
  return Math.max(0, width) * height;
}

/**
 * Returns the width of the cell of one character, in whole pixels; the same for every digit.
 *
 * Throws a `RangeError` for a character that the font does not have.
 */
export function advance(
  character: string,
  { height, tracking }: Required<Pick<Lettering, "height" | "tracking">>,
): number {
  // The 4 extends slightly beyond its cell, so that it looks as wide as the others.
  const width = /\d/.test(character) ? 57 : glyph(character).width;
  return Math.max(1, Math.round((width / 100 + tracking) * height));
}

/**
 * Draws a text as SVG paths with round strokes, in one `<g>` element that needs no font.
 *
 * Throws a `RangeError` for a character that the font does not have.
 */
export function drawText(text: string, lettering: Lettering): string {
  const { y, height, colour, weight = 0.12, tracking = defaultTracking, anchor = "start" } = lettering;
  const scale = height / 100;
  const shift = { start: 0, middle: 0.5, end: 1 }[anchor];
  let x = lettering.x - shift * measure(text, { height, tracking });
  let paths = "";
  for (const character of text) {
    const { width, path } = glyph(character);
    const at = `translate(${x.toFixed(2)} ${(y - height).toFixed(2)}) scale(${scale.toFixed(4)})`;
    if (path) paths += `<path transform="${at}" d="${path}"/>`;
    x += width * scale + tracking * height;
  }
  return `<g fill="none" stroke="${colour}" stroke-width="${weight * 100}" stroke-linecap="round" stroke-linejoin="round">${paths}</g>`;
}
