import { address } from "./address.js";

const WIDTH = 160;
const HEIGHT = 90;
/** Colour steps by which two paintings of one JPEG may differ. */
const TOLERANCE = 3;

const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });

/**
 * What an image shows at this moment, made small.
 * @param {HTMLImageElement} image of this origin
 * @returns {Uint8ClampedArray | null} null while it shows nothing
 */
export function sample(image) {
  if (!context || image.naturalWidth === 0) return null;
  context.drawImage(image, 0, 0, WIDTH, HEIGHT);
  return context.getImageData(0, 0, WIDTH, HEIGHT).data;
}

/**
 * What the camera shows at this moment, by way of a snapshot.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8ClampedArray | null>} rejects when there is no snapshot or it is not a picture
 */
export async function sampleSnapshot(id, signal) {
  const response = await fetch(address(id, "snapshot"), { cache: "no-store", signal });
  if (!response.ok) throw new Error(`Cannot compare with a snapshot: server answers ${response.status}`);
  // An <img> again, and not an ImageBitmap: the same decoder and scaler must have worked on both sides.
  const image = new Image();
  image.src = URL.createObjectURL(await response.blob());
  try {
    await image.decode();
    return sample(image);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/**
 * @param {Uint8ClampedArray | null} one
 * @param {Uint8ClampedArray | null} other
 * @param {number} [tolerance]
 * @returns {boolean} whether both show the same
 */
export function alike(one, other, tolerance = TOLERANCE) {
  if (!one || !other) return one === other;
  return one.every((value, index) => Math.abs(value - (other[index] ?? 0)) <= tolerance);
}
