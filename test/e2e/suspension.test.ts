import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, it, onTestFinished } from "vitest";
import { pause } from "../fixtures/machine.ts";
import { countable } from "../fixtures/processes.ts";
import { start } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

interface Report {
  readonly state: string;
  readonly restarts: number;
  readonly sequence: number;
  readonly predictions: { readonly state: string; readonly restarts: number; readonly answered: number } | null;
}

it.runIf(countable)("A suspension is no silence: no source and no predictor is started anew after it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "teecam-suspend-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "one.mjs"), "export default () => 1;");
  const file = join(folder, "teecam.yaml");
  writeFileSync(
    file,
    `cameras:
  front:
    source: testcard:64x64@20
    deadlines: { first_frame: 60s, frame: 1s }
    predict: { module: ./one.mjs, deadline: 2s }
`,
  );
  const teecam = await start(["--config", file]);
  const report = async () => (await (await fetch(`${teecam.url}/cameras/front`)).json()) as Report;
  await until(async () => ((await report()).predictions?.answered ?? 0) > 3, "it predicts");
  const before = await report();
  process.kill(teecam.child.pid ?? 0, "SIGSTOP");
  await pause(5000); // more than twice the deadlines
  process.kill(teecam.child.pid ?? 0, "SIGCONT");
  const { sequence, predictions } = before;
  await until(async () => (await report()).sequence > sequence + 30, "pictures go on");
  await until(
    async () => ((await report()).predictions?.answered ?? 0) > (predictions?.answered ?? 0) + 10,
    "and predictions",
  );
  const after = await report();
  expect([after.state, after.restarts]).toEqual(["live", before.restarts]);
  expect(after.predictions).toMatchObject({ state: "live", restarts: predictions?.restarts });
});
