import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { Box } from "./layout.ts";

/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Pixels in memory: rows of red, green and blue bytes, without padding. Drawing beyond an edge is clipped. */
export class Raster {
  readonly width: number;
  readonly height: number;
  /** The bytes of this raster; owners of the raster may change them. */
  readonly data: Uint8Array;

  /** Takes ownership of `data`, which must be `width * height * 3` bytes. */
  constructor(width: number, height: number, data: Uint8Array) {
    this.width = width;
    this.height = height;
    this.data = data;
  }

  /** Copies a rectangle of this raster; by default the whole of it. */
  copy({ x, y, width, height }: Box = { x: 0, y: 0, width: this.width, height: this.height }): Raster {
    const data = new Uint8Array(width * height * 3);
    for (let row = 0; row < height; row++) {
      const from = ((y + row) * this.width + x) * 3;
      data.set(this.data.subarray(from, from + width * 3), row * width * 3);
    }
    return new Raster(width, height, data);
  }

  /** Draws another raster with its top left corner at whole pixels `x` and `y`. */
  draw(source: Raster, x: number, y: number): void {
    const left = Math.max(0, x);
    const right = Math.min(this.width, x + source.width);
    if (left >= right) return;
    for (let row = Math.max(0, -y); row < Math.min(source.height, this.height - y); row++) {
      const from = (row * source.width + left - x) * 3;
      this.data.set(source.data.subarray(from, from + (right - left) * 3), ((y + row) * this.width + left) * 3);
    }
  }

  /** Copies a box, extended to whole pixels, from another raster of the same size. */
  restore(source: Raster, box: Box): void {
    const left = Math.max(0, Math.floor(box.x)) * 3;
    const right = Math.min(this.width, Math.ceil(box.x + box.width)) * 3;
    for (let y = Math.max(0, Math.floor(box.y)); y < Math.min(this.height, Math.ceil(box.y + box.height)); y++) {
      const row = y * this.width * 3;
      if (left < right) this.data.set(source.data.subarray(row + left, row + right), row + left);
    }
  }

  /** Fills a rectangle of whole pixels. */
  fill(box: Box, [red, green, blue]: Colour): void {
    for (let y = Math.max(0, box.y); y < Math.min(this.height, box.y + box.height); y++) {
      for (let x = Math.max(0, box.x); x < Math.min(this.width, box.x + box.width); x++) {
        const at = (y * this.width + x) * 3;
        this.data[at] = red;
        this.data[at + 1] = green;
        this.data[at + 2] = blue;
      }
    }
  }

  /** Draws an antialiased disc; its centre need not be a whole pixel. `alpha` is 0 to 1. */
  disc(x: number, y: number, { radius, colour, alpha = 1 }: { radius: number; colour: Colour; alpha?: number }): void {
    const [red, green, blue] = colour;
    const data = this.data;
    const right = Math.min(this.width, Math.ceil(x + radius + 1));
    const bottom = Math.min(this.height, Math.ceil(y + radius + 1));
    for (let row = Math.max(0, Math.floor(y - radius - 1)); row < bottom; row++) {
      for (let column = Math.max(0, Math.floor(x - radius - 1)); column < right; column++) {
        const distance = Math.sqrt((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2);
        const opacity = alpha * Math.min(1, radius + 0.5 - distance);
        if (opacity <= 0) continue;
        const at = (row * this.width + column) * 3;
        data[at] = (data[at] ?? 0) * (1 - opacity) + red * opacity + 0.5;
        data[at + 1] = (data[at + 1] ?? 0) * (1 - opacity) + green * opacity + 0.5;
        data[at + 2] = (data[at + 2] ?? 0) * (1 - opacity) + blue * opacity + 0.5;
      }
    }
  }
}

/** Rasterizes an SVG document, whose size must be whole pixels. It must not contain text, as there may be no fonts. */
export async function rasterize(svg: string): Promise<Raster> {
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return new Raster(info.width, info.height, data);
}

/** Encodes a raster as a baseline JPEG, which the caller owns. Do not change the raster until it settles. */
export async function encode({ data, width, height }: Raster): Promise<Uint8Array> {
  const raw = { width, height, channels: 3 } as const;
  return sharp(data, { raw }).jpeg({ quality: 80, chromaSubsampling: "4:2:0", optimiseCoding: false }).toBuffer();
}
