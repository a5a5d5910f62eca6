import process from "node:process";
import { parseArgs } from "node:util";
import { soak } from "./run.ts";

const { values } = parseArgs({ options: { minutes: { type: "string" }, seed: { type: "string" } } });
const minutes = Number(values.minutes ?? 10);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));

console.log(`${minutes} minutes with seed ${seed}`);
const { done, before, after, memory, faults } = await soak({ minutes, seed, onLine: (line) => console.log(line) });
for (const [what, times] of Object.entries(done)) console.log(`${times} ${what}`);
console.log(`memory at minute five, or halfway, ${memory[0]} MB, at the end ${memory[1]} MB`);
console.log(
  `descriptors ${before.descriptors.length} before, ${after.descriptors.length} after; viewers ${after.viewers}`,
);
console.log(`processes ${before.processes.join()} before, ${after.processes.join()} after`);
console.log(faults.length === 0 ? "everything balances" : `DOES NOT BALANCE:\n  ${faults.join("\n  ")}`);
process.exit(faults.length === 0 ? 0 : 1);
