import type { Frame } from "../media/frame.ts";

const maxWidths = 4; // kept for each frame
const maxPending = 16; // waiting or being made, for all cameras together
const maxPixels = 100_000_000;

/** The error for a thumbnail that is asked for while too many others are being made. */
export class TooManyThumbnailsError extends Error {
  override name = "TooManyThumbnailsError";
}

const thumbnails = new WeakMap<Frame, Map<number, Promise<Uint8Array<ArrayBuffer>>>>();
let pending = 0;
let last: Promise<unknown> = Promise.resolve();

/**
 * Returns a frame's picture as a JPEG that is `width` pixels wide, or as it is if it is no wider. Each is made once, one
 * after the other, on threads of their own.
 *
 * Rejects with a {@link TooManyThumbnailsError}, and with the error of the decoder for a picture that is none. Bound: four
 * widths for each frame that is still shown, and 16 that are being made.
 */
export function thumbnail(frame: Frame, width: number): Promise<Uint8Array<ArrayBuffer>> {
  if (width >= frame.width) return Promise.resolve(frame.data);
  const known = thumbnails.get(frame) ?? new Map<number, Promise<Uint8Array<ArrayBuffer>>>();
  thumbnails.set(frame, known);
  const made = known.get(width) ?? enqueue(frame, width);
  if (known.size < maxWidths) known.set(width, made);
  return made;
}

function enqueue(frame: Frame, width: number): Promise<Uint8Array<ArrayBuffer>> {
  if (pending >= maxPending) return Promise.reject(new TooManyThumbnailsError("too many thumbnails are being made"));
  pending++;
  const made = last.then(() => resize(frame, width));
  last = made
    .catch(() => {}) // whoever asked hears of it
    .finally(() => {
      pending--;
    });
  return made;
}

async function resize({ data }: Frame, width: number): Promise<Uint8Array<ArrayBuffer>> {
  const { default: sharp } = await import("sharp"); // most servers never need it, and its library is large
  const image = sharp(data, { limitInputPixels: maxPixels, failOn: "none", sequentialRead: true });
  return new Uint8Array(
    await image.autoOrient().resize({ width, withoutEnlargement: true }).jpeg({ quality: 80 }).toBuffer(),
  );
}
