// The second bytes of JPEG markers, named as in ITU T.81, table B.1.
export const SOI = 0xd8;
export const EOI = 0xd9;
export const SOS = 0xda;
export const DHT = 0xc4;
export const APP0 = 0xe0;
export const APP2 = 0xe2;
export const DQT = 0xdb;
export const DNL = 0xdc;
const DRI = 0xdd;
const DAC = 0xcc;
const COM = 0xfe;

/** Returns true for FF 00 and RSTn, which occur within entropy-coded data and do not end it (T.81, B.1.1.5). */
export function isEntropy(marker: number): boolean {
  return marker === 0 || (marker >= 0xd0 && marker <= 0xd7);
}

/** Returns true for the marker of a frame header: SOF0 to SOF15, except DHT, JPG and DAC in the same range. */
export function isSof(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== 0xc8 && marker !== DAC;
}

/** Returns true for APP0 to APP15. */
export function isApp(marker: number): boolean {
  return marker >= 0xe0 && marker <= 0xef;
}

/** Returns true for the marker of a segment that may contain any bytes: APPn or a comment. */
export function isOpaque(marker: number): boolean {
  return isApp(marker) || marker === COM;
}

/** Returns true for the marker of a segment that a JPEG of one frame can contain (T.81, B.2). */
export function isSegment(marker: number): boolean {
  return isSof(marker) || isApp(marker) || [DHT, DAC, SOS, DQT, DNL, DRI, COM].includes(marker);
}

/**
 * Returns true if a segment with this marker can have this length, which includes its own two bytes.
 *
 * Only APPn and COM can have any length, so only they can swallow much data if the length is wrong. Source: T.81, B.2.2
 * to B.2.5.
 */
export function isPlausibleLength(marker: number, length: number): boolean {
  if (isOpaque(marker)) return length >= 2;
  if (isSof(marker)) return length >= 11 && length <= 20 && length % 3 === 2; // one to four components
  switch (marker) {
    case SOS:
      return length >= 8 && length <= 14 && length % 2 === 0;
    case DQT:
      return length >= 67 && length <= 2 + 4 * 129;
    case DHT:
      return length >= 19 && length <= 2 + 8 * (17 + 256);
    case DAC:
      return length >= 4 && length <= 2 + 2 * 32 && length % 2 === 0;
    case DRI:
    case DNL:
      return length === 4;
    default:
      return false;
  }
}

/** Returns true if the payload (the bytes after the length) is valid for the marker. Source: T.81, B.2.2 to B.2.4. */
export function isPlausiblePayload(marker: number, payload: Uint8Array): boolean {
  const [first = 0] = payload;
  if (isOpaque(marker)) return true;
  if (containsSoi(payload)) return false;
  if (isSof(marker)) return isPlausibleFrameHeader(payload);
  if (marker === SOS) return payload.length === 4 + 2 * first;
  if (marker === DQT) return first >> 4 <= 1 && (first & 15) <= 3;
  if (marker === DHT) return first >> 4 <= 1 && (first & 15) <= 3;
  return true;
}

/**
 * Returns true if an APPn payload begins with an identifier: 3 to 64 printable characters and a zero byte, such as
 * "JFIF", "Exif" and "MPF".
 *
 * If a valid marker follows such a payload, it can be trusted, and a picture inside it is a thumbnail.
 */
export function hasIdentifier(payload: Uint8Array): boolean {
  const zero = payload.indexOf(0);
  return zero >= 3 && zero <= 64 && payload.subarray(0, zero).every((byte) => byte >= 0x20 && byte <= 0x7e);
}

/** "AVI1". */
const avi1 = [0x41, 0x56, 0x49, 0x31];

/** Returns true if an APP0 payload says that the picture is the odd (1) or the even (2) field. Source: Motion JPEG DIB, AVI1. */
export function isAvi1Field(payload: Uint8Array): boolean {
  const [, , , , polarity] = payload;
  return (polarity === 1 || polarity === 2) && avi1.every((byte, at) => payload[at] === byte);
}

/** Returns true if the payload contains an SOI and a marker: then the tables were cut short and the next picture follows. */
export function containsSoi(payload: Uint8Array): boolean {
  for (let at = payload.indexOf(SOI, 1); at > 0; at = payload.indexOf(SOI, at + 1)) {
    if (payload[at - 1] === 0xff && (payload[at + 1] ?? 0xff) === 0xff) return true;
  }
  return false;
}

function isPlausibleFrameHeader(payload: Uint8Array): boolean {
  const [precision = 0, , , widthHigh = 0, widthLow = 0, components = 0] = payload;
  if (precision < 2 || precision > 16 || widthHigh + widthLow === 0) return false;
  if (payload.length !== 6 + 3 * components) return false;
  for (let at = 7; at < payload.length; at += 3) {
    const sampling = payload[at] ?? 0;
    const horizontal = sampling >> 4;
    const vertical = sampling & 15;
    if (horizontal < 1 || horizontal > 4 || vertical < 1 || vertical > 4) return false;
  }
  return true;
}

/**
 * Returns the index of the first marker in entropy-coded data that is not a stuffed zero, a restart or a fill byte, from
 * `at` on. If there is none yet, returns where to continue with more bytes: the last byte if that is FF, else the end.
 */
export function skipEntropy(view: Uint8Array, at: number): number {
  let index = at;
  for (;;) {
    if (view[index] !== 0xff) index = view.indexOf(0xff, index);
    if (index < 0) return view.length;
    const marker = view[index + 1];
    if (marker === undefined) return index;
    if (marker === 0xff) index += 1;
    else if (isEntropy(marker)) index += 2;
    else return index;
  }
}

/** Reads the size in pixels from the payload of a frame header. */
export function readFrameSize(payload: Uint8Array): { readonly width: number; readonly height: number } {
  const [, heightHigh = 0, heightLow = 0, widthHigh = 0, widthLow = 0] = payload;
  return { width: (widthHigh << 8) | widthLow, height: (heightHigh << 8) | heightLow };
}

/** Returns true for the frame header of a JPEG that decodes with the standard Huffman tables if it has none of its own. */
export function hasStandardTables(sof: number): boolean {
  return sof === 0xc0 || sof === 0xc1;
}
