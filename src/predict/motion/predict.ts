import sharp from "sharp";
import type { Frame } from "../../media/frame.ts";
import type { Detection } from "../prediction.ts";
import { findAreas } from "./areas.ts";
import { Background } from "./background.ts";

const width = 160; // pixels of the scaled-down picture
const maxPixels = 50_000_000; // a decoder allocates whatever size a header claims
const fullScore = 64; // difference in brightness for a score of 1

let background: Background | undefined;

/**
 * The built-in predictor `motion`: yields up to 20 boxes labelled "motion" where pictures change, the largest first.
 *
 * The score is the mean difference in brightness from the background. Skips a frame that cannot be decoded. Throws a
 * `RangeError` for one that claims more than 50 megapixels.
 */
export default async function* predict(frame: Frame): AsyncGenerator<Detection[], void> {
  if (frame.width * frame.height > maxPixels) {
    throw new RangeError(`Cannot detect motion in ${frame.width}x${frame.height} pixels: more than 50 megapixels`);
  }
  const small = await decode(frame);
  if (!small) return;
  const time = frame.timestamp / 1e6;
  if (background?.size !== small.data.length) {
    background = new Background(small.data, time); // the first picture, or another size
    yield [];
    return;
  }
  const scale = { x: frame.width / small.width, y: frame.height / small.height };
  const { moving, still } = findAreas(background.compare(small.data, time), small.width);
  for (const area of still) background.absorb(area, small.width);
  yield moving.map(({ left, top, right, bottom, sum, count }) => ({
    label: "motion",
    score: Math.round(Math.min(1, sum / count / fullScore) * 100) / 100,
    box: {
      xmin: Math.floor(left * scale.x),
      ymin: Math.floor(top * scale.y),
      xmax: Math.min(frame.width, Math.ceil(right * scale.x)),
      ymax: Math.min(frame.height, Math.ceil(bottom * scale.y)),
    },
  }));
}

async function decode({
  data,
  sequence,
}: Frame): Promise<{ data: Uint8Array; width: number; height: number } | undefined> {
  try {
    const image = sharp(data, { limitInputPixels: maxPixels, failOn: "none", sequentialRead: true });
    const { data: grey, info } = await image.resize({ width }).greyscale().raw().toBuffer({ resolveWithObject: true });
    return { data: new Uint8Array(grey), width: info.width, height: info.height };
  } catch (error) {
    console.error(`Cannot decode frame ${sequence}: ${error instanceof Error ? error.message : error}`);
    return undefined;
  }
}
