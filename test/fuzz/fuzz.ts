import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import type { Failure, Report } from "./target.ts";
import { fuzzers, groups, pictures } from "./targets.ts";

const usage = `Usage: npm run fuzz -- [--minutes N] [--inputs N] [--target ${groups.join("|")}|NAME] [--seed S] [--first N]

Each target gets its share of the minutes, or N inputs. An input is made from the seed and its own number alone:
--seed S --first N --inputs 1 --target NAME makes one again. Without --minutes and --inputs it is one minute.`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    inputs: { type: "string" },
    target: { type: "string" },
    seed: { type: "string" },
    first: { type: "string" },
    help: { type: "boolean" },
  },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}

const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const chosen = fuzzers(await pictures()).filter(
  ({ group, name }) => values.target === undefined || values.target === group || values.target === name,
);
if (chosen.length === 0) {
  console.error(usage);
  process.exit(2);
}
const inputs = values.inputs === undefined ? undefined : Number(values.inputs);
const minutes = values.minutes === undefined ? (inputs === undefined ? 1 : undefined) : Number(values.minutes);

console.log(`seed ${seed}`);
const failures: Failure[] = [];
let broken = 0;
for (const { name, run } of chosen) {
  const report = await run({
    seed,
    first: Number(values.first ?? 0),
    ...(inputs === undefined ? {} : { inputs }),
    ...(minutes === undefined ? {} : { milliseconds: (minutes * 60_000) / chosen.length }),
    onProgress: (count, rate) => console.log(`  ${name}: ${count} inputs, ${Math.round(rate)}/s`),
  });
  print(report);
  failures.push(...report.failures);
  broken += report.verdict.length;
}
if (failures.length > 0) {
  const file = join(mkdtempSync(join(tmpdir(), "teecam-fuzz-")), "failures.json");
  writeFileSync(file, JSON.stringify({ seed, failures }, null, 2));
  console.log(`The inputs that broke a promise, as small as they could be made: ${file}`);
}
process.exit(broken > 0 ? 1 : 0);

function print({ target, inputs, seconds, kinds, faults, memory, verdict, failures }: Report): void {
  console.log(`${target}: ${inputs} inputs in ${Math.round(seconds)} s, ${Math.round(inputs / seconds)}/s`);
  for (const [kind, count] of Object.entries(kinds)) console.log(`  ${kind}: ${count}`);
  for (const [fault, count] of Object.entries(faults)) {
    const [kind = ""] = fault.split(": ");
    console.log(`  ${fault}: ${count} (${((100 * count) / (kinds[kind] ?? 1)).toFixed(4)} %)`);
  }
  for (const { number, fault } of failures) console.log(`  input ${number} ${fault}`);
  console.log(`  memory at a tenth ${memory[0]} MB, at the end ${memory[1]} MB`);
  console.log(verdict.length === 0 ? "  every promise kept" : `  BROKEN: ${verdict.join("; ")}`);
}
