import { backdrop } from "./backdrop.ts";
import { BALL_COLOUR, ballAt } from "./ball.ts";
import type { Format } from "./format.ts";
import { type Box, type Layout, layout } from "./layout.ts";
import { palette } from "./palette.ts";
import { type Colour, encode, type Raster, rasterize } from "./raster.ts";
import { Sprites } from "./sprites.ts";
import { type Timecode, timecodeBits, timecodeCell, timecodeStrip } from "./timecode.ts";

const DARK: Colour = [10, 14, 20];
const LIGHT: Colour = [214, 222, 232];

/** How many discs make the ball's trail, and how far apart they are in milliseconds. */
const TRAIL = { discs: 48, step: 9 };

interface Letters {
  readonly clock: Sprites;
  readonly fraction: Sprites;
  readonly zeros: Sprites;
  readonly digits: Sprites;
}

/**
 * The test card of one format. What stands still is drawn once; a picture costs what moves and the JPEG.
 *
 * Draw one picture at a time: all are drawn in the same memory.
 */
export class Card {
  readonly #layout: Layout;
  readonly #backdrop: Raster;
  readonly #canvas: Raster;
  readonly #sprites: Letters;
  /** Where the ball and its trail were drawn last. */
  #dirty: Box[] = [];

  private constructor(place: Layout, still: Raster, sprites: Letters) {
    this.#layout = place;
    this.#backdrop = still;
    this.#canvas = still.copy();
    this.#sprites = sprites;
  }

  /** Draws what stands still. Throws what sharp throws. */
  static async open(format: Format): Promise<Card> {
    const place = layout(format);
    const paper = palette.disc;
    const [still, clock, fraction, zeros, digits] = await Promise.all([
      rasterize(backdrop(format)),
      Sprites.render("0123456789:", { ...place.clock, colour: palette.text, paper }),
      Sprites.render("0123456789.", { ...place.clock, colour: palette.accent, paper }),
      Sprites.render("0", { ...place.counter, colour: palette.faint, paper }),
      Sprites.render("0123456789", { ...place.counter, colour: palette.text, paper }),
    ]);
    return new Card(place, still, { clock, fraction, zeros, digits });
  }

  /**
   * Draws one picture: a baseline JPEG, which the caller owns.
   *
   * `time` is shown as this machine's local time and carried by the timecode in milliseconds since the epoch; it also
   * says where the ball is. `frame` is shown modulo 10 ** 8 and carried modulo 2 ** 24.
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
    const { discs, step } = TRAIL;
    const { ball } = this.#layout;
    for (let age = discs; age >= 0; age--) {
      const { x, y } = ballAt(time - age * step, this.#layout);
      const left = 1 - age / (discs + 1);
      const radius = age === 0 ? ball : ball * 0.8 * left;
      this.#canvas.disc(x, y, { radius, colour: BALL_COLOUR, alpha: age === 0 ? 1 : 0.13 * left });
      const reach = radius + 1;
      this.#dirty.push({ x: x - reach, y: y - reach, width: 2 * reach, height: 2 * reach });
    }
  }

  #drawClock(date: Date): void {
    const { x, y } = this.#layout.clock;
    const on = this.#canvas;
    const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
    const dot = this.#sprites.clock.set(parts.map((part) => String(part).padStart(2, "0")).join(":"), { on, x, y });
    this.#sprites.fraction.set(`.${String(date.getMilliseconds()).padStart(3, "0")}`, { on, x: dot, y });
  }

  #drawCounter(frame: number): void {
    const { x, y } = this.#layout.counter;
    const on = this.#canvas;
    const digits = String(frame % 10 ** 8);
    const start = this.#sprites.zeros.set("0".repeat(8 - digits.length), { on, x, y });
    this.#sprites.digits.set(digits, { on, x: start, y });
  }

  #drawTimecode(timecode: Timecode): void {
    const { width, height } = this.#canvas;
    const strip = timecodeStrip(width, height);
    if (!strip) return;
    for (const [bit, set] of timecodeBits(timecode).entries()) {
      this.#canvas.fill(timecodeCell(strip, bit), set ? LIGHT : DARK);
    }
  }
}
