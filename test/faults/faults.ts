import process from "node:process";
import { parseArgs } from "node:util";
import { injectAll } from "./run.ts";

const usage = "Usage: npm run faults -- [--times N] [--only WORDS]";
const { values } = parseArgs({
  options: { times: { type: "string" }, only: { type: "string" }, help: { type: "boolean" } },
});
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const times = Number(values.times ?? 10);
let broken = 0;
console.log("| fault | times | kept | slowest, s | left over |\n|---|---|---|---|---|");
for await (const { name, kept, slowest, failures, left } of injectAll({ times, only: values.only })) {
  console.log(`| ${name} | ${times} | ${kept} | ${(slowest / 1000).toFixed(1)} | ${left.join(", ") || "nothing"} |`);
  for (const [why, count] of failures) console.log(`  ${count} times: ${why}`);
  broken += times - kept + left.length;
}
process.exit(broken === 0 ? 0 : 1);
