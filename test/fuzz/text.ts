import type { Random } from "./random.ts";

const odd = ["", "\0", "\n", "\r\n", "\t", " ", "\u00a0", "\u202e", "é", "😀", "\ud800", "\ufeff", "'", '"', "`", "\\"];
const long = ["a", "/", ":", "[", "{", '"', "0", "-", "@", "%", "\0"];

/** Characters that mean something to somebody, one that nobody expects, or very many of one. */
function token(random: Random, words: readonly string[]): string {
  const kind = random.below(10);
  if (kind < 6) return random.pick(words);
  if (kind === 6) return random.pick(odd);
  if (kind === 7) return random.pick(long).repeat(random.pick([2, 64, 300, 5000]));
  return String.fromCharCode(random.below(kind === 8 ? 128 : 0x10000));
}

/** Changes a text in one place, or in several: something is put in, left out, doubled or exchanged. */
export function mutateText(text: string, random: Random, words: readonly string[]): string {
  let mutant = text;
  do {
    const start = random.below(mutant.length + 1);
    const end = Math.min(mutant.length, start + random.pick([0, 0, 1, 2, random.below(20)]));
    const between = random.pick(["", token(random, words), token(random, words), mutant.slice(start, end).repeat(2)]);
    mutant = mutant.slice(0, start) + between + mutant.slice(end);
  } while (random.chance(0.4));
  return mutant;
}

/** A text of words alone. */
export function drawText(random: Random, words: readonly string[]): string {
  return random.list(random.between(1, 8), () => token(random, words)).join("");
}

/** Texts without some of their characters. */
export function* shrinkText(text: string): Generator<string> {
  for (let size = Math.ceil(text.length / 2); size > 0; size = size > 1 ? Math.ceil(size / 2) : 0) {
    for (let start = 0; start < text.length; start += size) yield text.slice(0, start) + text.slice(start + size);
  }
}
