import { Buffer } from "node:buffer";
import sharp from "sharp";
import type { Frame } from "../media/frame.ts";

/** A picture that says why there is none. */
export interface PlaceholderOptions {
  /** Name of the camera. */
  readonly camera: string;
  /** Why there is none. @default for how long there has been none */
  readonly text?: string | undefined;
  /** The newest frame, whose size it gets; 640x480 without one. */
  readonly newest: Frame | undefined;
}

const maxSize = 1280;
const maxKept = 8;

/** The placeholders made last, by their drawing. */
const made = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/**
 * Returns a JPEG for clients that ask for the next picture only when they have one: "no frames for 12 s". Made once a second
 * for all who ask. Bound: the last eight are kept.
 */
export function placeholder({
  camera,
  newest,
  text = describe(newest),
}: PlaceholderOptions): Promise<Uint8Array<ArrayBuffer>> {
  const drawing = draw(camera, { text, ...sizeOf(newest) });
  const known = made.get(drawing);
  if (known) return known;
  const picture = encode(drawing);
  made.set(drawing, picture);
  picture.catch(() => made.delete(drawing));
  for (const oldest of made.keys()) {
    if (made.size <= maxKept) break;
    made.delete(oldest);
  }
  return picture;
}

function describe(newest: Frame | undefined): string {
  if (!newest) return "no frames yet";
  const seconds = Math.round((performance.now() - newest.arrival) / 1000);
  if (seconds < 120) return `no frames for ${seconds} s`;
  return seconds < 7200
    ? `no frames for ${Math.round(seconds / 60)} min`
    : `no frames for ${Math.round(seconds / 3600)} h`;
}

function sizeOf(newest: Frame | undefined): { readonly width: number; readonly height: number } {
  if (!newest || newest.width === 0 || newest.height === 0) return { width: 640, height: 480 };
  const scale = Math.min(1, maxSize / Math.max(newest.width, newest.height));
  return { width: Math.ceil(newest.width * scale), height: Math.ceil(newest.height * scale) };
}

/** Returns the picture as SVG. */
function draw(
  camera: string,
  { text, width, height }: { readonly text: string; readonly width: number; readonly height: number },
): string {
  const size = Math.max(6, Math.min(height / 8, (1.6 * width) / Math.max(text.length, camera.length)));
  const line = (y: number, fill: string, words: string) =>
    `<text x="50%" y="${y}" text-anchor="middle" font-family="sans-serif" font-size="${size}" fill="${fill}">${words.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`)}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#222"/>
    ${line(height / 2 - 0.3 * size, "#aaa", camera)}
    ${line(height / 2 + size, "#fff", text)}
  </svg>`;
}

async function encode(drawing: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await sharp(Buffer.from(drawing)).jpeg({ quality: 80 }).toBuffer());
}
