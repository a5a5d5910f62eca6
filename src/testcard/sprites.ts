import { advance, type Lettering, letter } from "./glyphs.ts";
import { type Raster, rasterize } from "./raster.ts";

/** How characters that change are drawn: on `paper`, a colour of their own, so that a cell replaces the former whole. */
export interface SpriteStyle extends Required<Pick<Lettering, "height" | "weight" | "tracking" | "colour">> {
  readonly paper: string;
}

/** Characters drawn once, to be put on a raster many times. */
export class Sprites {
  readonly #cells: ReadonlyMap<string, Raster>;
  readonly #rise: number;

  private constructor(cells: ReadonlyMap<string, Raster>, rise: number) {
    this.#cells = cells;
    this.#rise = rise;
  }

  /** Draws each of the characters. Throws a RangeError for one that the font does not have. */
  static async render(characters: string, style: SpriteStyle): Promise<Sprites> {
    const edge = Math.ceil((style.height * style.weight) / 2) + 1;
    const rise = Math.ceil(style.height) + edge;
    const height = rise + edge;
    let text = "";
    let total = 0;
    const places = Array.from(characters, (character) => {
      const width = advance(character, style);
      text += letter(character, { ...style, x: total + width / 2, y: rise, anchor: "middle" });
      const place = { x: total, y: 0, width, height };
      total += width;
      return [character, place] as const;
    });
    const sheet = await rasterize(
      `<svg xmlns="http://www.w3.org/2000/svg" width="${total}" height="${height}">` +
        `<rect width="100%" height="100%" fill="${style.paper}"/>${text}</svg>`,
    );
    return new Sprites(new Map(places.map(([character, place]) => [character, sheet.copy(place)])), rise);
  }

  /**
   * Sets a text from `x` on, on the baseline `y`, both whole pixels. Returns where the next one begins.
   *
   * A character that was not rendered is left out.
   */
  set(text: string, { on, x, y }: { on: Raster; x: number; y: number }): number {
    let next = x;
    for (const character of text) {
      const cell = this.#cells.get(character);
      if (!cell) continue;
      on.put(cell, next, y - this.#rise);
      next += cell.width;
    }
    return next;
  }
}
