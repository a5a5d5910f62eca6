import { standardTables } from "../../src/media/jpeg/huffman.ts";
import type { FrameParserOptions } from "../../src/media/parser-options.ts";
import type { ParserStats } from "../../src/media/parser-stats.ts";
import { join, part } from "../media/jpeg-builder.ts";
import { type Parser, parsers, split, streamOf } from "../media/parse.ts";
import type { Specimen } from "./corpus.ts";
import { garbage, mutate } from "./mutation.ts";
import type { Random } from "./random.ts";
import type { Target, Verdict } from "./target.ts";

/** A stream in pieces. */
export interface StreamInput {
  readonly kind:
    | "intact JPEGs"
    | "damaged JPEGs"
    | "intact multipart"
    | "damaged pictures in parts"
    | "damaged multipart";
  readonly pieces: readonly Piece[];
  /** What stands before, between and behind the pieces. */
  readonly framing?: Framing;
  /** Options of the parser. */
  readonly options: Pick<FrameParserOptions, "boundary" | "maxFrameSize">;
  /** Where the chunks end; every byte is one for "all". */
  readonly cuts: readonly number[] | "all";
}

/** One picture or what was one. */
interface Piece {
  readonly bytes: Uint8Array;
  /** What must come out of it, if it is whole. */
  readonly frame?: Uint8Array;
}

interface Framing {
  readonly preamble: string;
  readonly boundary: string;
  readonly lineEnd: string;
  readonly length: "none" | "right" | "wrong";
  /** Further header lines of each part. */
  readonly headers: readonly string[];
  readonly closed: boolean;
}

/** Losing more than what was hit, by lengths that swallow what follows: only streams without delimiters may, now and then. */
const loses = "loses a good frame";

/** One of the frame parsers, fed with real pictures, whole and damaged, one after the other or in parts. */
export function streams(name: keyof typeof parsers, specimens: readonly Specimen[]): Target<StreamInput> {
  const make = (options: FrameParserOptions) => new parsers[name](options);
  return {
    name,
    make: (random) => draw(name, specimens, random),
    check: (input) => check(input, make),
    shrink,
    describe: (input) => ({
      kind: input.kind,
      options: input.options,
      cuts: input.cuts,
      bytes: Buffer.from(assemble(input)).toString("base64"),
      good: input.pieces.flatMap(({ frame }) => (frame ? [frame.length] : [])),
    }),
    tolerated: { [`damaged JPEGs: ${loses}`]: 0.005 },
  };
}

function draw(name: keyof typeof parsers, specimens: readonly Specimen[], random: Random): StreamInput {
  const multipart = name === "MultipartParserStream" || (name === "FrameParserStream" && random.chance(0.5));
  const maxFrameSize = random.chance(0.1) ? random.between(300, 4000) : undefined;
  const whole = (): Piece => {
    const specimen = random.pick(specimens);
    return specimen.bytes.length > (maxFrameSize ?? Number.POSITIVE_INFINITY) ? { bytes: specimen.bytes } : specimen;
  };
  const damaged = (): Piece => ({ bytes: damage(random, whole().bytes, whole().bytes) });
  const pieces = random.list(random.between(2, 4), whole);
  const intact = random.chance(0.2) && pieces.every(({ frame }) => frame);
  if (!intact)
    pieces.splice(random.below(pieces.length + 1), random.below(2), ...random.list(random.pick([1, 1, 2]), damaged));
  const cuts: StreamInput["cuts"] = random.chance(0.002)
    ? "all"
    : random.list(random.between(1, 8), () => random.below(2 ** 20));
  if (!multipart) return { kind: intact ? "intact JPEGs" : "damaged JPEGs", pieces, cuts, options: { maxFrameSize } };

  const hasBoundary = random.chance(name === "MultipartParserStream" ? 0.7 : 0.3);
  const framing = drawFraming(random, { intact });
  const { boundary: token } = framing;
  const boundary = hasBoundary ? random.pick([token, `--${token}`, `"${token}"`]) : undefined;
  const input = { pieces, framing, cuts, options: { boundary, maxFrameSize } };
  if (intact) return { kind: "intact multipart", ...input };
  if (random.chance(0.5) && !framing.endless) return { kind: "damaged pictures in parts", ...input };
  const bytes = mutate(assemble({ kind: "damaged multipart", ...input }), random, whole().bytes);
  return { kind: "damaged multipart", pieces: [{ bytes }], cuts, options: input.options };
}

/** What is no good picture: garbage, a damaged picture, or now and then one that is great and never ends. */
function damage(random: Random, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  if (random.chance(0.15)) return garbage(random);
  if (random.chance(0.001)) return join(bytes.subarray(0, -2), new Uint8Array(random.below(400_000)));
  return mutate(bytes, random, other);
}

function drawFraming(
  random: Random,
  { intact }: { readonly intact: boolean },
): Framing & { readonly endless: boolean } {
  const endless = !intact && random.chance(0.003);
  const length = random.pick([1, 60]);
  const origin = ["X-Timestamp: 1763600000.123456", "X-Sequence: 42"];
  const odd = ["X-Timestamp: 1e99", "X-Sequence: -1", ": nobody", "X-Empty:", "x-timestamp:1.5", "no colon"];
  return {
    preamble:
      endless && random.chance(0.2) ? "preamble ".repeat(40_000) : random.pick(["", "", "\r\n", "a preamble\r\n"]),
    boundary: random.pick(["frame", "spionisto", "--myboundary", "b=1", "0123456789"]),
    lineEnd: random.pick(["\r\n", "\r\n", "\n"]),
    length: random.pick(["none", "right", "wrong"]),
    headers: endless
      ? random.list(random.pick([30, 31, 40]), () => `X-Long: ${"long ".repeat(length)}`)
      : random.pick([[], [], origin, random.list(random.below(4), () => random.pick([...odd, ...origin]))]),
    closed: random.chance(0.3),
    endless,
  };
}

function assemble({ pieces, framing }: StreamInput): Uint8Array {
  if (!framing) return join(...pieces.map(({ bytes }) => bytes));
  const { boundary, lineEnd, length, closed, preamble, headers: moreHeaders } = framing;
  const parts = pieces.map(({ bytes }) => {
    const contentLength = length === "right" ? bytes.length : bytes.length * 7 - 300;
    const headers = [
      "Content-Type: image/jpeg",
      ...(length === "none" ? [] : [`Content-Length: ${contentLength}`]),
      ...moreHeaders,
    ];
    return part(bytes, { boundary, lineEnd, headers });
  });
  return join(preamble, ...parts, closed ? `--${boundary}--${lineEnd}` : "");
}

interface Outcome {
  readonly frames: readonly Uint8Array[];
  readonly stats: ParserStats;
  readonly error: string | undefined;
}

async function run(parser: Parser, chunks: Iterable<Uint8Array>): Promise<Outcome> {
  const frames: Uint8Array[] = [];
  let error: string | undefined;
  try {
    for await (const { data } of streamOf(chunks).pipeThrough(parser)) frames.push(data);
  } catch (cause) {
    error = cause instanceof Error ? cause.message : String(cause);
  }
  return { frames, stats: parser.stats, error };
}

/** What the documentation of MultipartParserStream says it errors with. */
const documented = /^Cannot parse multipart: (no boundary .* (in the first|before the end)|part headers of more than)/;

async function check(input: StreamInput, make: (options: FrameParserOptions) => Parser): Promise<Verdict> {
  const { kind, options, cuts } = input;
  const bytes = assemble(input);
  const whole = await run(make(options), [bytes]);
  const chunks = cuts === "all" ? [...bytes].map((byte) => Uint8Array.of(byte)) : split(bytes, cuts);
  const pieces = await run(make(options), chunks);
  return { kind, fault: faultOf(input, bytes, whole) ?? differenceOf(whole, pieces) };
}

function faultOf(
  { kind, pieces }: StreamInput,
  bytes: Uint8Array,
  { frames, stats, error }: Outcome,
): string | undefined {
  if (error !== undefined && (!documented.test(error) || kind.startsWith("intact"))) return `throws ${error}`;
  // What stands before JPEGs may look like the head of a part: then they are taken for multipart, which may end in this.
  if (error !== undefined) return kind === "damaged multipart" ? undefined : loses;
  const sizes = locate(bytes, { frames, mayLackEoi: stats.repaired > 0 });
  if (!sizes) return "delivers what did not come in";
  const accounted = stats.framing + stats.skipped + sizes.reduce((sum, size) => sum + size, 0);
  // The EOI of a repaired frame may be the input's or the parser's.
  const isAccounted = Math.abs(accounted - bytes.length) <= 2 * stats.repaired && (accounted - bytes.length) % 2 === 0;
  if (stats.bytes !== bytes.length || !isAccounted) return "does not account for every byte";
  if (stats.frames !== frames.length) return "counts frames that it did not deliver";

  const good = pieces.flatMap(({ frame }) => (frame ? [frame] : []));
  let found = 0;
  for (const frame of frames) {
    const wanted = good[found];
    if (wanted && equal(frame, wanted)) found++;
  }
  if (found < good.length) return loses;
  return kind.startsWith("intact") && frames.length > good.length ? "delivers more than the good frames" : undefined;
}

/** How many bytes each frame took of the input, where it stands there in order, Huffman tables and an EOI of ours aside. */
function locate(
  bytes: Uint8Array,
  { frames, mayLackEoi }: { readonly frames: readonly Uint8Array[]; readonly mayLackEoi: boolean },
): number[] | undefined {
  const input = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const sizes: number[] = [];
  let from = 0;
  for (const frame of frames) {
    const tables = Buffer.from(frame.buffer).indexOf(standardTables);
    const bare = tables < 0 ? frame : join(frame.subarray(0, tables), frame.subarray(tables + standardTables.length));
    const open = mayLackEoi ? [frame.subarray(0, -2), bare.subarray(0, -2)] : [];
    const matches = [frame, bare, ...open].map((one) => ({
      at: input.indexOf(one, from),
      size: one.length,
    }));
    const [match] = matches
      .filter(({ at }) => at >= 0)
      .sort((one, other) => one.at - other.at || other.size - one.size);
    if (!match) return undefined;
    from = match.at + match.size;
    sizes.push(match.size);
  }
  return sizes;
}

function differenceOf(whole: Outcome, pieces: Outcome): string | undefined {
  if (whole.error !== pieces.error) return "throws or not as the chunks are split";
  if (whole.error !== undefined) return undefined; // an error discards what its stream still holds
  const same =
    whole.frames.length === pieces.frames.length && whole.frames.every((frame, at) => equal(frame, pieces.frames[at]));
  if (!same) return "delivers other frames as the chunks are split";
  return JSON.stringify(whole.stats) === JSON.stringify(pieces.stats)
    ? undefined
    : "counts other things as the chunks are split";
}

function equal(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && one.length === other.length && Buffer.compare(one, other) === 0;
}

/** Without a piece, with fewer cuts, with less of what was damaged. */
function* shrink(input: StreamInput): Generator<StreamInput> {
  const { pieces, cuts } = input;
  for (const at of pieces.keys()) yield { ...input, pieces: pieces.toSpliced(at, 1) };
  if (cuts === "all") yield { ...input, cuts: [] };
  else for (const at of cuts.keys()) yield { ...input, cuts: cuts.toSpliced(at, 1) };
  for (const [at, { bytes, frame }] of pieces.entries()) {
    if (frame) continue;
    for (let size = bytes.length >> 1; size > 0; size >>= 1) {
      for (let start = 0; start < bytes.length; start += size) {
        const less = join(bytes.subarray(0, start), bytes.subarray(start + size));
        yield { ...input, pieces: pieces.with(at, { bytes: less }) };
      }
    }
  }
}
