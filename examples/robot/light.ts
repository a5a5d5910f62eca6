// A predictor: tells where the picture is brightest. teecam runs it as teecam.yaml says.
import sharp from "sharp";
import type { Frame } from "../../src/index.ts"; // "teecam" in yours

const columns = 16;

/** The way to turn: -1 is the picture's left edge, 1 its right edge. */
export interface Steering {
  readonly turn: number;
}

export default async function predict({ data }: Frame): Promise<Steering> {
  const row = sharp(data).resize(columns, 1, { fit: "fill" }).greyscale();
  const brightness = await row.raw().toBuffer(); // one byte a column
  const brightest = brightness.indexOf(Math.max(...brightness));
  return { turn: (2 * brightest + 1) / columns - 1 };
}
