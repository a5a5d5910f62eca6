// The functions of this file call nothing but each other, so that timecodeReader can carry them into a page.

/** What a picture tells about itself. */
export interface Timecode {
  /** When it was drawn: milliseconds since the epoch, 48 bits. */
  readonly time: number;
  /** Its number, modulo 2 ** 24. */
  readonly frame: number;
}

/** Where the strip lies, in whole pixels: `rows` x `columns` cells, read as a book is. */
export interface TimecodeStrip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly columns: number;
  readonly rows: number;
  readonly cellHeight: number;
}

/**
 * Where the timecode lies in a picture of this size: along the lower edge, in as few rows as leave a cell 6 pixels.
 *
 * Cells are at least 8 pixels high, which JPEG bears. Returns undefined for a picture too small for a timecode.
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

/** Where one bit of a strip lies, 0 to 87, in whole pixels; widths differ by a pixel, so that a row fills the strip. */
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

/** CRC-16/IBM-3740 over bytes: polynomial 0x1021, begun with 0xffff, so that an all-black strip does not pass. */
function checksum(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return crc;
}

/** The strip's 88 bits, most significant first: 48 of time, 24 of frame, 16 of checksum. The caller owns the array. */
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
 * Reads the timecode off the decoded pixels of a whole test card.
 *
 * `pixels` are rows of interleaved 8-bit samples without padding, `channels` of them a pixel (1 and 2: grey; 3 and 4:
 * red, green and blue first), as sharp's `raw()` and a canvas's `getImageData()` give them; they are only read.
 * Returns undefined where there is no timecode, or one that is damaged: a cell neither dark nor bright, or a checksum
 * that does not match.
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
    // The quarters at the edges are left out: that is where compression and scaling blur.
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

/** The source of `readTimecode` as one JavaScript expression, for a page to evaluate: it needs nothing around it. */
export const timecodeReader: string = `(() => { ${timecodeStrip} ${timecodeCell} ${checksum} return ${readTimecode}; })()`;
