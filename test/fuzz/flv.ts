import { type CodedPicture, FlvParserStream } from "../../src/video/flv.ts";
import { join } from "../media/jpeg-builder.ts";
import { split, streamOf } from "../media/parse.ts";
import { configuration, flvHead, picture, pps, sps, tag } from "../video/flv-builder.ts";
import { garbage, mutate } from "./mutation.ts";
import type { Random } from "./random.ts";
import type { Target, Verdict } from "./target.ts";

/** An input, and how it is split. */
interface FlvInput {
  readonly kind: string;
  readonly pieces: readonly Uint8Array[];
  readonly cuts: readonly number[];
  /** Number of pictures, if it is intact. */
  readonly pictures: number | undefined;
}

interface Outcome {
  readonly pictures: readonly CodedPicture[];
  readonly error: string | undefined;
}

const maxSize = 4096;
const maxSets = 4200; // bytes of parameter sets in Annex B

/** What is to read the output of an encoder, which may be anything if a picture makes the encoder do what it should not. */
export const flv: Target<FlvInput> = {
  name: "FlvParserStream",
  make(random) {
    const tags = random.list(random.between(1, 6), () => drawTag(random));
    const pieces = [flvHead, configuration(sps, pps), ...tags.map(({ bytes }) => bytes)];
    const cuts = random.list(random.between(1, 8), () => random.below(2 ** 20));
    if (random.chance(0.2))
      return { kind: "intact", pieces, cuts, pictures: tags.filter((one) => one.isPicture).length };
    const damaged = random.chance(0.1)
      ? [garbage(random)]
      : pieces.map((bytes) => (random.chance(0.3) ? mutate(bytes, random, random.pick(pieces)) : bytes));
    return { kind: "damaged", pieces: damaged, cuts, pictures: undefined };
  },
  async check({ kind, pieces, cuts, pictures }): Promise<Verdict> {
    const bytes = join(...pieces);
    const whole = await run([bytes]);
    return { kind, fault: faultOf(whole, pictures) ?? differenceOf(whole, await run(split(bytes, cuts))) };
  },
  *shrink(input) {
    for (const at of input.pieces.keys()) yield { ...input, pieces: input.pieces.toSpliced(at, 1) };
    for (const at of input.cuts.keys()) yield { ...input, cuts: input.cuts.toSpliced(at, 1) };
  },
  describe: ({ kind, pieces, cuts }) => ({ kind, cuts, base64: Buffer.from(join(...pieces)).toString("base64") }),
};

function drawTag(random: Random): { readonly bytes: Uint8Array; readonly isPicture: boolean } {
  const time = random.below(2 ** 31);
  const unit = () => new Uint8Array(random.between(1, 200)).fill(random.below(256));
  if (random.chance(0.2)) return { bytes: tag(random.pick([8, 18]), time, unit()), isPicture: false };
  return { bytes: picture(time, random.chance(0.3), ...random.list(random.between(1, 4), unit)), isPicture: true };
}

async function run(chunks: Iterable<Uint8Array>): Promise<Outcome> {
  const pictures: CodedPicture[] = [];
  try {
    for await (const one of streamOf(chunks).pipeThrough(new FlvParserStream({ maxSize }))) pictures.push(one);
    return { pictures, error: undefined };
  } catch (cause) {
    return { pictures, error: String(cause) };
  }
}

function faultOf({ pictures, error }: Outcome, expected: number | undefined): string | undefined {
  if (error !== undefined && !/^TypeError: Cannot read (FLV|H\.264): /.test(error)) return `throws ${error}`;
  if (expected !== undefined && (error !== undefined || pictures.length !== expected)) return "loses a picture";
  if (pictures.some(({ data }) => data.length > maxSize + maxSets)) return "delivers more than it may hold";
  const isCoded = ({ data, codec }: CodedPicture) =>
    data[0] === 0 && data[1] === 0 && data[2] === 0 && data[3] === 1 && /^avc1\.[0-9a-f]{6}$/.test(codec);
  return pictures.every(isCoded) ? undefined : "delivers what is no Annex B";
}

function differenceOf(whole: Outcome, pieces: Outcome): string | undefined {
  if (whole.error !== pieces.error) return "throws or not as the chunks are split";
  if (whole.error !== undefined) return undefined; // an error discards what its stream still holds
  return JSON.stringify(whole.pictures) === JSON.stringify(pieces.pictures)
    ? undefined
    : "delivers other pictures as the chunks are split";
}
