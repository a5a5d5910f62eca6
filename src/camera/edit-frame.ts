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
    /** Applies what has been asked for so far; of several operations at once, sharp does some in an order of its own. */
    const applied = async (image: Sharp) => {
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      const { width, height, channels } = info;
      return { image: sharp(data, { raw: { width, height, channels } }), info };
    };
    const { crop: region, rotate = 0, flip, resize } = options;
    const { orientation = 1 } = await decoded.metadata(); // of EXIF, as browsers show it; the result has no EXIF
    const upright = orientation > 1 ? await applied(decoded.autoOrient()) : { image: decoded, info: frame };
    let { image } = upright;
    if (region) image = (await applied(crop(image, upright.info, region))).image;
    if (rotate !== 0) image = image.rotate(rotate);
    if (rotate !== 0 && flip) image = (await applied(image)).image;
    if (flip) image = flip === "horizontal" ? image.flop() : image.flip();
    if (resize) image = scale(image, resize);
    if (overlay) {
      const reshaped = await applied(image);
      const label = drawLabel(overlay === "clock" ? formatTime(frame.timestamp) : overlay, reshaped.info);
      image = reshaped.image.composite([{ input: Buffer.from(label), gravity: "southwest" }]);
    }
    const { data, info } = await image.jpeg({ quality }).toBuffer({ resolveWithObject: true });
    return { ...frame, data: new Uint8Array(data), width: info.width, height: info.height };
  };
}

/** Keeps a region, of which what lies outside of the picture is cut off. */
function crop(image: Sharp, size: Pick<Frame, "width" | "height">, region: string): Sharp {
  const [, width = 0, height = 0, left = 0, top = 0] = cropPattern.exec(region)?.map(Number) ?? [];
  const fits = left < size.width && top < size.height;
  if (!fits) throw new RangeError(`Cannot crop to ${region}: the picture is only ${size.width}x${size.height}`);
  const rest = { width: Math.min(width, size.width - left), height: Math.min(height, size.height - top) };
  return image.extract({ left, top, ...rest });
}

/** Scales to a size; one side alone keeps the aspect ratio, both sides set the size exactly. */
function scale(image: Sharp, size: string): Sharp {
  const [, wide, high] = resizePattern.exec(size) ?? [];
  if (wide && high) return image.resize({ width: Number(wide), height: Number(high), fit: "fill" });
  return wide ? image.resize({ width: Number(wide) }) : image.resize({ height: Number(high) });
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
