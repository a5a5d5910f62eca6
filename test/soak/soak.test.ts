import process from "node:process";
import { expect, it } from "vitest";
import { countable } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { soak } from "./run.ts";

// In CI alone, for the sake of time: `npm run soak` and `deno task soak` go on for as long as one likes.
const wanted = process.env.CI === "true" || process.env.SOAK === "1";

needs("ffmpeg", "bash").describe.runIf(wanted && countable)("A minute of soak", () => {
  it("leaves nothing behind, whoever comes and goes and whatever the sources do", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const lines: string[] = [];
    const { faults, done } = await soak({ minutes: 1, seed, onLine: (line) => lines.push(line) });
    expect(faults, `seed ${seed}\n${lines.join("\n")}`).toEqual([]);
    expect(done["viewers came"]).toBeGreaterThan(10);
  });
});
