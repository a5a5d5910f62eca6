// The functions of this file call only each other, so that timecodeReader can copy them into a page.

/** Time and number encoded in a picture. */
export interface Timecode {
  /** Time of drawing: milliseconds since the epoch, 48 bits. */
  readonly time: number;
  /** Number of the picture, modulo 2 ** 24. */
  readonly frame: number;
}

/** Position of the timecode in whole pixels: `rows` x `columns` cells, from left to right and top to bottom. */
export interface TimecodeStrip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly columns: number;
  readonly rows: number;
  readonly cellHeight: number;
}

/**
 * Returns the position of the timecode in a picture of this size: along the lower edge, in as few rows as possible with
 * cells at least 6 pixels wide.
 *
 * Cells are at least 8 pixels high, to survive JPEG. Returns undefined if the picture is too small for a timecode.
 */
export function timecodeStrip(width: number, height: number): TimecodeStrip | undefined {
  const margin = Math.round(Math.min(width, height) / 30);
  const span = width - 2 * margin;
  const columns = [88, 44, 22, 11].find((count) => span / count >= 6);
  if (columns === undefined) return undefined;
  const rows = 88 / columns;
  const cellHeight = Math.max(8, Math.round(Math.min(width, height) / 80));
  const y = height - margin - rows * cellHeight;
  return y < height / 2 ? undefined : { x: margin, y, width: span, columns, rows, cellHeight };
}

/** Returns the cell of a bit, 0 to 87, in whole pixels. Widths differ by up to a pixel, so that a row fills the strip. */
export function timecodeCell(
  strip: TimecodeStrip,
  bit: number,
): { readonly x: number; readonly y: number; readonly width: number; readonly height: number } {
  const column = bit % strip.columns;
  const x = strip.x + Math.round((column * strip.width) / strip.columns);
  const right = strip.x + Math.round(((column + 1) * strip.width) / strip.columns);
  const y = strip.y + Math.floor(bit / strip.columns) * strip.cellHeight;
  return { x, y, width: right - x, height: strip.cellHeight };
}

/** Returns the CRC-16/IBM-3740: polynomial 0x1021, initial value 0xffff, so that an all-black strip is invalid. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

/** Returns 88 bits, most significant first: 48 of time, 24 of frame, 16 of checksum. The caller owns the array. */
export function timecodeBits({ time, frame }: Timecode): boolean[] {
  const bytes = new Uint8Array(11);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(time / 2 ** 32) % 2 ** 16);
  view.setUint32(2, time % 2 ** 32);
  view.setUint8(6, (frame >>> 16) & 0xff);
  view.setUint16(7, frame & 0xffff);
  view.setUint16(9, checksum(bytes.subarray(0, 9)));
  return Array.from({ length: 88 }, (_, bit) => (((bytes[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1);
}

/**
 * Reads the timecode from the decoded pixels of a whole test card.
 *
 * `pixels` are rows of interleaved 8-bit samples without padding, `channels` per pixel (1 and 2: grey first; 3 and 4:
 * red, green and blue first), as from sharp's `raw()` or a canvas's `getImageData()`; they are not changed. Returns
 * undefined without a timecode, or if it is damaged: a cell is neither dark nor bright, or the checksum does not match.
 */
export function readTimecode(
  pixels: ArrayLike<number>,
  width: number,
  height: number,
  channels: number,
): Timecode | undefined {
  const strip = timecodeStrip(width, height);
  if (!strip || pixels.length < width * height * channels) return undefined;
  const colours = channels < 3 ? 1 : 3;
  const bytes = new Uint8Array(11);
  for (let bit = 0; bit < 88; bit++) {
    const cell = timecodeCell(strip, bit);
    // Leaves out a quarter at each edge, where compression and scaling blur.
    const insetX = Math.floor(cell.width / 4);
    const insetY = Math.floor(cell.height / 4);
    let sum = 0;
    let count = 0;
    for (let y = cell.y + insetY; y < cell.y + cell.height - insetY; y++) {
      for (let x = cell.x + insetX; x < cell.x + cell.width - insetX; x++) {
        for (let colour = 0; colour < colours; colour++) sum += pixels[(y * width + x) * channels + colour] ?? 0;
        count += colours;
      }
    }
    const brightness = sum / count;
    if (brightness > 88 && brightness < 136) return undefined;
    if (brightness >= 136) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (128 >> (bit & 7));
  }
  const view = new DataView(bytes.buffer);
  if (view.getUint16(9) !== checksum(bytes.subarray(0, 9))) return undefined;
  return {
    time: view.getUint16(0) * 2 ** 32 + view.getUint32(2),
    frame: view.getUint8(6) * 2 ** 16 + view.getUint16(7),
  };
}

/** Source of {@link readTimecode} as one self-contained JavaScript expression, to evaluate in a page. */
export const timecodeReader: string = `(() => { ${timecodeStrip} ${timecodeCell} ${checksum} return ${readTimecode}; })()`;
