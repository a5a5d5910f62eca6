import { backdrop } from "./backdrop.ts";
import { ballAt, ballColour } from "./ball.ts";
import type { Format } from "./format.ts";
import { type Box, type Layout, layout } from "./layout.ts";
import { palette } from "./palette.ts";
import { type Colour, encode, type Raster, rasterize } from "./raster.ts";
import { Sprites } from "./sprites.ts";
import { type Timecode, timecodeBits, timecodeCell, timecodeStrip } from "./timecode.ts";

const dark: Colour = [10, 14, 20];
const light: Colour = [214, 222, 232];

/** Number of discs in the ball's trail, and milliseconds between them. */
const trail = { discs: 48, step: 9 };

interface CardSprites {
  readonly clock: Sprites;
  readonly fraction: Sprites;
  readonly zeros: Sprites;
  readonly digits: Sprites;
}

/**
 * The test card of one format. Draws static parts once; each picture costs only the moving parts and the JPEG encoding.
 *
 * Draw one picture at a time, as all share the same memory.
 */
export class Card {
  readonly #layout: Layout;
  readonly #backdrop: Raster;
  readonly #canvas: Raster;
  readonly #sprites: CardSprites;
  /** Boxes in which the ball and its trail were last drawn. */
  #dirty: Box[] = [];

  private constructor(cardLayout: Layout, background: Raster, sprites: CardSprites) {
    this.#layout = cardLayout;
    this.#backdrop = background;
    this.#canvas = background.copy();
    this.#sprites = sprites;
  }

  /** Draws the static parts and the characters. Rejects with the errors of sharp. */
  static async open(format: Format): Promise<Card> {
    const cardLayout = layout(format);
    const paper = palette.disc;
    const [background, clock, fraction, zeros, digits] = await Promise.all([
      rasterize(backdrop(format)),
      Sprites.render("0123456789:", { ...cardLayout.clock, colour: palette.text, paper }),
      Sprites.render("0123456789.", { ...cardLayout.clock, colour: palette.accent, paper }),
      Sprites.render("0", { ...cardLayout.counter, colour: palette.faint, paper }),
      Sprites.render("0123456789", { ...cardLayout.counter, colour: palette.text, paper }),
    ]);
    return new Card(cardLayout, background, { clock, fraction, zeros, digits });
  }

  /**
   * Draws one picture. Returns a baseline JPEG, which the caller owns.
   *
   * `time`, in milliseconds since the epoch, is shown as local time, encoded in the timecode, and sets the position of
   * the ball. `frame` is shown modulo 10 ** 8 and encoded modulo 2 ** 24.
   */
  async draw({ time, frame }: Timecode): Promise<Uint8Array> {
    this.#drawBall(time);
    this.#drawClock(new Date(time));
    this.#drawCounter(frame);
    this.#drawTimecode({ time, frame });
    return encode(this.#canvas);
  }

  #drawBall(time: number): void {
    for (const box of this.#dirty) this.#canvas.restore(this.#backdrop, box);
    this.#dirty = [];
    const { discs, step } = trail;
    const { ball } = this.#layout;
    for (let age = discs; age >= 0; age--) {
      const { x, y } = ballAt(time - age * step, this.#layout);
      const strength = 1 - age / (discs + 1);
      const radius = age === 0 ? ball : ball * 0.8 * strength;
      this.#canvas.disc(x, y, { radius, colour: ballColour, alpha: age === 0 ? 1 : 0.13 * strength });
      const margin = radius + 1;
      this.#dirty.push({ x: x - margin, y: y - margin, width: 2 * margin, height: 2 * margin });
    }
  }

  #drawClock(date: Date): void {
    const { x, y } = this.#layout.clock;
    const canvas = this.#canvas;
    const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
    const end = this.#sprites.clock.draw(parts.map((part) => String(part).padStart(2, "0")).join(":"), {
      canvas,
      x,
      y,
    });
    this.#sprites.fraction.draw(`.${String(date.getMilliseconds()).padStart(3, "0")}`, { canvas, x: end, y });
  }

  #drawCounter(frame: number): void {
    const { x, y } = this.#layout.counter;
    const canvas = this.#canvas;
    const digits = String(frame % 10 ** 8);
    const start = this.#sprites.zeros.draw("0".repeat(8 - digits.length), { canvas, x, y });
    this.#sprites.digits.draw(digits, { canvas, x: start, y });
  }

  #drawTimecode(timecode: Timecode): void {
    const { width, height } = this.#canvas;
    const strip = timecodeStrip(width, height);
    if (!strip) return;
    for (const [bit, set] of timecodeBits(timecode).entries()) {
      this.#canvas.fill(timecodeCell(strip, bit), set ? light : dark);
    }
  }
}
