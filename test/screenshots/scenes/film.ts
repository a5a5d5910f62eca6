import sharp from "sharp";
import { desk } from "./desk.ts";
import { garden } from "./garden.ts";
import { printer } from "./printer.ts";
import type { Scene } from "./scene.ts";
import { street } from "./street.ts";

/** The scenes by name. */
export const scenes: Readonly<Record<"printer" | "street" | "desk" | "garden", Scene>> = {
  printer,
  street,
  desk,
  garden,
};

/** Returns a picture of a scene at a time in seconds, as a camera would take it: a little soft, with grain. */
export async function film(scene: Scene, time: number, width = 1280): Promise<Buffer> {
  const height = Math.round((width * 9) / 16);
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1280 720" width="${width}" height="${height}">
    <defs><radialGradient id="lens" r=".75"><stop offset=".55" stop-opacity="0"/><stop offset="1" stop-opacity=".42"/></radialGradient></defs>
    ${scene.draw(time % scene.period)}<rect width="1280" height="720" fill="url(#lens)"/></svg>`;
  const noise = { type: "gaussian", mean: 128, sigma: 9 } as const;
  const grain = await sharp({ create: { width, height, channels: 3, background: "#808080", noise } })
    .png()
    .toBuffer();
  return await sharp(Buffer.from(svg))
    .blur(0.7)
    .composite([{ input: grain, blend: "soft-light" }])
    .jpeg({ quality: 82 })
    .toBuffer();
}
