import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { codeBlock } from "../fixtures/docs.ts";
import { needs, pythonWith } from "../fixtures/programs.ts";
import { start, type Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

let folder = "";
let server: Teecam;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "teecam-predictions-"));
  writeFileSync(join(folder, "predict.py"), codeBlock("python", "sys.stdin.buffer"));
  writeFileSync(join(folder, "predict.ts"), codeBlock("ts", "export default async function predict"));
  const cameras = {
    front: { source: "testcard:320x240@15", predict: { command: ["python3", join(folder, "predict.py")] } },
    yard: { source: "testcard:320x240@15", predict: "motion" },
    desk: { source: "testcard:320x240@15", predict: { module: "./predict.ts" } },
  };
  writeFileSync(join(folder, "teecam.yaml"), JSON.stringify({ cameras }));
  server = await start(["--config", join(folder, "teecam.yaml")]);
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** The newest prediction of a camera, when there is one. */
function predicted(camera: string): Promise<{ sequence: number; result: unknown }> {
  return until(async () => {
    const answer = await fetch(`${server.url}/cameras/${camera}/predictions`);
    return answer.status === 200 && ((await answer.json()) as { sequence: number; result: unknown });
  }, `a prediction of ${camera}: ${server.output()}`);
}

const python = pythonWith("websockets");

needs(python).it("The README's predictor and client in Python work as printed", async () => {
  for (const script of [codeBlock("python", "sys.stdin.buffer"), codeBlock("python", "/predictions")]) {
    expect(script.trim().split("\n").filter(Boolean).length).toBeLessThanOrEqual(10);
  }
  const script = codeBlock("python", "/predictions").replace("127.0.0.1:8000", `127.0.0.1:${server.port}`);
  const child = spawn(python, ["-c", script]);
  onTestFinished(() => void child.kill());
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  await until(() => output.split("\n").length > 10, `predictions come: ${output}`);
  for (const line of output.split("\n").slice(0, 10)) {
    const [, sequence, named] = /^(\d+) \{'sequence': (\d+), 'bytes': \d{4,}\}$/.exec(line) ?? [];
    expect([line, sequence]).toEqual([line, named ?? "none"]);
  }
});

it("The README's module answers as printed", async () => {
  const { result } = await predicted("desk");
  expect(result).toEqual([{ label: "cat", score: 0.9, box: { xmin: 10, ymin: 10, xmax: 90, ymax: 70 } }]);
});

it("motion finds what moves on the test card, within the frame", async () => {
  const areas = await until(async () => {
    const { result } = await predicted("yard");
    const found = result as { label: string; score: number; box: Record<"xmin" | "ymin" | "xmax" | "ymax", number> }[];
    return found.length > 0 && found;
  }, "something moves");
  for (const { label, score, box } of areas) {
    expect([label, score > 0 && score <= 1]).toEqual(["motion", true]);
    expect(0 <= box.xmin && box.xmin < box.xmax && box.xmax <= 320).toBe(true);
    expect(0 <= box.ymin && box.ymin < box.ymax && box.ymax <= 240).toBe(true);
  }
});

it("Predictors end with the program", async () => {
  await predicted("front");
  expect(await server.stop()).toBe(0);
  const left = spawnSync("pgrep", ["-f", join(folder, "predict.py")], { encoding: "utf8" });
  if (left.error === undefined) expect(left.stdout).toBe("");
});
