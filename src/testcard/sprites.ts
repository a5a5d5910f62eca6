import { advance, drawText, type Lettering } from "./glyphs.ts";
import { type Raster, rasterize } from "./raster.ts";

/** Style of sprites. They have an opaque background in the colour `paper`, so that each replaces the one before it. */
export interface SpriteStyle extends Required<Pick<Lettering, "height" | "weight" | "tracking" | "colour">> {
  readonly paper: string;
}

/** Characters rasterized once and drawn many times. */
export class Sprites {
  readonly #cells: ReadonlyMap<string, Raster>;
  readonly #ascent: number;

  private constructor(cells: ReadonlyMap<string, Raster>, ascent: number) {
    this.#cells = cells;
    this.#ascent = ascent;
  }

  /** Rasterizes the characters. Rejects with a `RangeError` for one that the font does not have. */
  static async render(characters: string, style: SpriteStyle): Promise<Sprites> {
    const edge = Math.ceil((style.height * style.weight) / 2) + 1;
    const ascent = Math.ceil(style.height) + edge;
    const height = ascent + edge;
    let text = "";
    let total = 0;
    const boxes = Array.from(characters, (character) => {
      const width = advance(character, style);
      text += drawText(character, { ...style, x: total + width / 2, y: ascent, anchor: "middle" });
      const box = { x: total, y: 0, width, height };
      total += width;
      return [character, box] as const;
    });
    const sheet = await rasterize(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${total}" height="${height}">` +
        `<rect width="100%" height="100%" fill="${style.paper}"/>${text}</svg>`,
    );
    return new Sprites(new Map(boxes.map(([character, box]) => [character, sheet.copy(box)])), ascent);
  }

  /**
   * Draws a text on `canvas`, from `x` on with its baseline at `y`, both whole pixels. Returns the `x` after it.
   *
   * Skips characters that were not rasterized.
   */
  draw(text: string, { canvas, x, y }: { canvas: Raster; x: number; y: number }): number {
    let next = x;
    for (const character of text) {
      const cell = this.#cells.get(character);
      if (!cell) continue;
      canvas.draw(cell, next, y - this.#ascent);
      next += cell.width;
    }
    return next;
  }
}
