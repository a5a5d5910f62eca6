import { cameraUrl } from "./urls.js";

const width = 160;
const height = 90;
/** Colour levels by which the same JPEG, drawn twice, may differ. */
const maxDifference = 3;

const canvas = new OffscreenCanvas(width, height);
const context = canvas.getContext("2d", { alpha: false, willReadFrequently: true });

/**
 * Samples the pixels that an image shows at this moment, scaled down.
 * @param {HTMLImageElement} image of this origin
 * @returns {Uint8ClampedArray | null} null while it shows nothing
 */
export function samplePixels(image) {
  if (!context || image.naturalWidth === 0) return null;
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}

/**
 * Fetches a snapshot of a camera and samples its pixels.
 * @param {string} id
 * @param {AbortSignal} signal
 * @returns {Promise<Uint8ClampedArray | null>} rejects when there is no snapshot or it cannot be decoded
 */
export async function sampleSnapshot(id, signal) {
  const response = await fetch(cameraUrl(id, "snapshot"), { cache: "no-store", signal });
  if (!response.ok) throw new Error(`Cannot compare with a snapshot: HTTP ${response.status}`);
  // An <img>, not an ImageBitmap: what is compared must come from the same decoder and scaler.
  const image = new Image();
  image.src = URL.createObjectURL(await response.blob());
  try {
    await image.decode();
    return samplePixels(image);
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/**
 * Compares two samples.
 * @param {Uint8ClampedArray | null} a
 * @param {Uint8ClampedArray | null} b
 * @param {number} [tolerance] in colour levels
 * @returns {boolean} whether both show the same picture
 */
export function equalPixels(a, b, tolerance = maxDifference) {
  if (!a || !b) return a === b;
  return a.every((value, index) => Math.abs(value - (b[index] ?? 0)) <= tolerance);
}
