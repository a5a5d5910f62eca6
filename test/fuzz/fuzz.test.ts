import process from "node:process";
import { describe, expect, it } from "vitest";
import { needs } from "../fixtures/programs.ts";
import { encoders, makeCorpus } from "./corpus.ts";
import { Random } from "./random.ts";
import { fuzz } from "./run.ts";
import type { Target } from "./target.ts";
import { fuzzers } from "./targets.ts";

const { specimens, missing } = await makeCorpus();
const seed = process.env.CI === "true" ? 2026 : Math.floor(Math.random() * 2 ** 31); // what CI finds is there again

needs(...encoders).it("The pictures that are damaged are of many encoders", () => {
  expect(missing).toEqual([]);
  expect(specimens.length).toBeGreaterThan(10);
});

// A minute of this is `npm run fuzz`; `--seed` makes the same inputs again.
describe.each(fuzzers(specimens).map((one) => [one.name, one] as const))(`%s, fed with seed ${seed}`, (_, fuzzer) => {
  it("keeps its promises whatever comes", async () => {
    const milliseconds = fuzzer.group === "http" && process.env.CI === "true" ? 60_000 : 700;
    const { inputs, failures, verdict } = await fuzzer.run({ seed, milliseconds, atLeast: 20 });
    expect(verdict.length > 0 ? failures : []).toEqual([]);
    expect(verdict).toEqual([]);
    expect(inputs).toBeGreaterThanOrEqual(20); // a thousand and more on a machine that does nothing else
  });
});

describe("The fuzzer", () => {
  const target: Target<readonly number[]> = {
    name: "a sum that must not be 13",
    make: (random) => random.list(6, () => random.below(10)),
    async check(input) {
      const sum = input.reduce((one, other) => one + other, 0);
      return { kind: "numbers", fault: sum >= 13 ? "is 13 or more" : undefined };
    },
    *shrink(input) {
      for (const at of input.keys()) yield input.toSpliced(at, 1);
    },
    describe: (input) => input,
  };

  it("finds what breaks a promise, and makes it as small as it can", async () => {
    const { verdict, failures } = await fuzz(target, { seed: 1, inputs: 100 });
    expect(verdict).toEqual([expect.stringMatching(/^numbers: is 13 or more: \d+ of 100 inputs$/)]);
    expect(failures).toHaveLength(3);
    for (const { input } of failures) {
      const numbers = input as number[];
      const sum = numbers.reduce((one, other) => one + other, 0);
      expect(sum - Math.min(...numbers)).toBeLessThan(13);
    }
  });

  it("makes the same input again from the seed and its number", async () => {
    const { failures } = await fuzz(target, { seed: 1, inputs: 100 });
    const [first] = failures;
    const again = await fuzz(target, { seed: 1, first: first?.number ?? -1, inputs: 1 });
    expect(again.failures).toEqual([first]);
    expect(new Random(1, 5).next()).not.toBe(new Random(1, 6).next());
  });

  it("lets pass what is tolerated, and no more", async () => {
    const tolerating = (share: number) => ({ ...target, tolerated: { "numbers: is 13 or more": share } });
    expect((await fuzz(tolerating(1), { seed: 1, inputs: 100 })).verdict).toEqual([]);
    expect((await fuzz(tolerating(0.1), { seed: 1, inputs: 100 })).verdict).toHaveLength(1);
  });
});
