import { join } from "../media/jpeg-builder.ts";
import type { Random } from "./random.ts";

/** Bytes that mean something to a parser of JPEGs or of multipart. */
const tokens: readonly Uint8Array[] = [
  [0xff, 0xd8],
  [0xff, 0xd8, 0xff],
  [0xff, 0xd9],
  [0xff, 0xd9, 0xff, 0xd8],
  [0xff, 0xda],
  [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0],
  [0xff, 0xc4],
  [0xff, 0xdb, 0, 67, 0],
  [0xff, 0xdd, 0, 4, 0, 1],
  [0xff, 0xe1, 0xff, 0xff],
  [0xff, 0xfe, 0, 2],
  [0xff, 0xe0, 0, 0],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0],
  [0xff],
  [0, 0, 0, 0],
  "\r\n",
  "--",
  "\r\n--frame\r\n",
  "\r\n--frame--\r\n",
  "--frame\r\nContent-Type: image/jpeg\r\n\r\n",
  "Content-Length: 99999999999999999999\r\n",
  "\r\n\r\n",
  "\n\n",
].map((token) => join(token));

type Mutation = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const damage: Readonly<Record<string, Mutation>> = {
  flipBits(bytes, random) {
    const changed = bytes.slice();
    for (let times = random.between(1, 8); times > 0; times--) {
      const at = random.below(bytes.length);
      changed[at] = (changed[at] ?? 0) ^ (1 << random.below(8));
    }
    return changed;
  },
  setByte(bytes, random) {
    const changed = bytes.slice();
    changed[random.below(bytes.length)] = random.pick([
      0,
      1,
      0x7f,
      0x80,
      0xfe,
      0xff,
      0xd8,
      0xd9,
      0xda,
      random.below(256),
    ]);
    return changed;
  },
  fill(bytes, random) {
    const start = random.below(bytes.length);
    return bytes.slice().fill(random.pick([0, 0xff, random.below(256)]), start, start + random.between(1, 200));
  },
  cutOut(bytes, random) {
    const start = random.below(bytes.length);
    return join(bytes.subarray(0, start), bytes.subarray(start + random.between(1, bytes.length)));
  },
  truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  behead(bytes, random) {
    return bytes.slice(random.between(1, bytes.length));
  },
  duplicate(bytes, random) {
    const [start, end] = range(bytes, random);
    return join(bytes.subarray(0, end), bytes.subarray(start));
  },
  splice(bytes, random, other) {
    return join(bytes.subarray(0, random.below(bytes.length)), other.subarray(random.below(other.length)));
  },
  graft(bytes, random, other) {
    const at = random.below(bytes.length);
    const [start, end] = range(other, random);
    return join(bytes.subarray(0, at), other.subarray(start, end), bytes.subarray(at));
  },
  insert(bytes, random) {
    const at = random.below(bytes.length);
    return join(bytes.subarray(0, at), random.pick(tokens), bytes.subarray(at));
  },
  overwrite(bytes, random) {
    const changed = bytes.slice();
    const token = random.pick(tokens);
    changed.set(token.subarray(0, bytes.length), random.below(bytes.length - token.length));
    return changed;
  },
  lie(bytes, random) {
    const changed = bytes.slice(); // about the length of a segment
    const at = changed.indexOf(0xff, random.below(bytes.length >> 1));
    if (at >= 0 && at + 4 <= bytes.length)
      changed.set([random.pick([0, 1, 2, 0xff, random.below(256)]), random.below(256)], at + 2);
    return changed;
  },
};
const mutations = Object.values(damage);

function range({ length }: Uint8Array, random: Random): [start: number, end: number] {
  const start = random.below(length);
  return [start, start + random.between(1, length - start)];
}

/** Damages a copy, once as a rule and up to four times; `other` lends what is spliced in. */
export function mutate(bytes: Uint8Array, random: Random, other: Uint8Array): Uint8Array {
  let mutant = bytes;
  do mutant = random.pick(mutations)(mutant, random, other);
  while (mutant.length >= 8 && random.chance(0.25));
  return mutant;
}

/** What stands between pictures when something went wrong: zeros, noise, markers, text. */
export function garbage(random: Random): Uint8Array {
  const kind = random.below(3);
  if (kind === 0) return new Uint8Array(random.between(1, 300));
  return kind === 1 ? random.bytes(random.between(1, 120)) : random.pick(tokens);
}
