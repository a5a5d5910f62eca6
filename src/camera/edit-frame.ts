import type { Sharp } from "sharp";
import type { Frame } from "../media/frame.ts";
import { cropPattern, type EditFrame, type EditOptions, resizePattern } from "./edit.ts";

const maxPixels = 100_000_000;
const defaultQuality = 85;

/** Options for {@link frameEditor}. */
export interface FrameEditorOptions extends EditOptions {
  /** Quality of the JPEG, from 1 to 100. @default 85 */
  readonly quality?: number | undefined;
}

/** Returns a function that edits frames on sharp's threads. Loads sharp with the first frame. */
export function frameEditor(options: FrameEditorOptions): EditFrame {
  const { quality = defaultQuality, overlay } = options;
  return async (frame) => {
    const { default: sharp } = await import("sharp");
    const decoded = sharp(frame.data, { limitInputPixels: maxPixels, failOn: "none", sequentialRead: true });
    let image = reshape(decoded, frame, options);
    if (overlay) {
      // The size of the picture is known only after the other edits.
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      const label = Buffer.from(drawLabel(overlay === "clock" ? formatTime(frame.timestamp) : overlay, info));
      image = sharp(data, { raw: { width, height, channels } }).composite([{ input: label, gravity: "southwest" }]);
    }
    const { data, info } = await image.jpeg({ quality }).toBuffer({ resolveWithObject: true });
    return { ...frame, data: new Uint8Array(data), width: info.width, height: info.height };
  };
}

function reshape(image: Sharp, frame: Frame, { crop = "", rotate = 0, flip, resize = "" }: EditOptions): Sharp {
  const [, ...part] = cropPattern.exec(crop)?.map(Number) ?? [];
  const [width = 0, height = 0, left = 0, top = 0] = part;
  if (part.length > 0) {
    const fits = left < frame.width && top < frame.height;
    if (!fits) throw new RangeError(`Cannot crop to ${crop}: the picture is only ${frame.width}x${frame.height}`);
    const rest = { width: Math.min(width, frame.width - left), height: Math.min(height, frame.height - top) };
    image.extract({ left, top, ...rest });
  }
  if (rotate !== 0) image.rotate(rotate);
  if (flip === "horizontal") image.flop();
  if (flip === "vertical") image.flip();
  const [, wide, high] = resizePattern.exec(resize) ?? [];
  // One side keeps the aspect ratio; both sides set the size exactly.
  if (wide && high) image.resize({ width: Number(wide), height: Number(high), fit: "fill" });
  else if (wide) image.resize({ width: Number(wide) });
  else if (high) image.resize({ height: Number(high) });
  return image;
}

/** Returns a text as SVG, white on a dark background, no larger than the picture. */
function drawLabel(text: string, picture: { readonly width: number; readonly height: number }): string {
  const size = Math.max(
    10,
    Math.min(Math.round(picture.height / 24), Math.floor(picture.width / (0.62 * text.length + 1))),
  );
  const width = Math.min(picture.width, Math.ceil(size * (0.62 * text.length + 1)));
  const height = Math.min(picture.height, Math.ceil(1.5 * size));
  const escaped = text.replace(/[&<>]/g, (char) => `&#${char.charCodeAt(0)};`).replace(/\p{Cc}/gu, " ");
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <rect width="100%" height="100%" fill="#000" fill-opacity="0.55"/>
    <text x="${size / 2}" y="${1.1 * size}" font-family="monospace" font-size="${size}" fill="#fff">${escaped}</text>
  </svg>`;
}

/** Formats a timestamp in microseconds as local time: `2026-11-25 17:12:58`. */
function formatTime(timestamp: number): string {
  const time = new Date(timestamp / 1000);
  const date = [time.getFullYear(), time.getMonth() + 1, time.getDate()];
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.map(two).join("-")} ${clock.map(two).join(":")}`;
}
