import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { PredictorSource } from "../../src/predict/source.ts";
import type { Argv } from "../../src/source/source.ts";
import { allow, pause } from "../fixtures/machine.ts";
import { until } from "../fixtures/until.ts";

const folder = mkdtempSync(join(tmpdir(), "teecam-flood-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const period = 100; // milliseconds
const niced = (script: string): Argv => ["nice", "-n", "15", "sh", "-c", script];
const endless = join(folder, "endless.mjs");
writeFileSync(endless, "export default function* () { for (;;) yield { a: 1 }; }");

/** Returns the gaps between timers of this process, in milliseconds, while `milliseconds` pass. */
async function gaps(milliseconds: number): Promise<number[]> {
  const found: number[] = [];
  const begun = performance.now();
  for (let last = begun; last - begun < milliseconds; ) {
    await pause(5);
    const now = performance.now();
    found.push(now - last);
    last = now;
  }
  return found.sort((a, b) => a - b);
}

const late = (all: readonly number[]) => all[Math.floor(all.length * 0.99)] ?? Number.POSITIVE_INFINITY;

describe("A program that writes without end", () => {
  it.each<[string, PredictorSource]>([
    ["answers that nobody asked for", { command: niced(`yes '{"a":1}'`) }],
    ["answers about another frame", { command: niced(`yes '{"sequence":-1}'`) }],
    ["words", { command: niced("yes la") }],
    ["empty lines", { command: niced("yes ''") }],
    ["one line", { command: niced("cat /dev/zero | tr '\\0' x") }],
    ["complaints", { command: niced("yes complaint >&2") }],
    ["complaints of its own kind", { command: niced("yes '{}' & yes rtsp://u:p@h/ >&2") }],
    ["answer upon answer to one frame", { module: endless }],
  ])("of %s as a predictor leaves the time to all others", async (_, predict) => {
    const control = await gaps(1000);
    const camera = new Camera({ id: "front", source: "testcard:64x64@10", predict }, adapter);
    onTestFinished(() => camera.close());
    await until(() => camera.newest, "a picture");
    const flooded = await gaps(2500);
    expect(late(flooded)).toBeLessThan(Math.max(allow(3 * period), 3 * late(control)));
    expect(camera.state.state).toBe("live");
  });

  it("of complaints as a camera leaves the time to all others, and tells few of them", async () => {
    const lines: string[] = [];
    const control = await gaps(1000);
    const log = { debug: (text: string, { line }: { line?: string } = {}) => void lines.push(line ?? text) };
    const logger = { ...log, info() {}, warn() {}, error() {} };
    const camera = new Camera({ id: "front", source: niced("yes complaint >&2"), log: logger }, adapter);
    onTestFinished(() => camera.close());
    await until(() => lines.length > 0, "a complaint");
    const flooded = await gaps(2500);
    expect(late(flooded)).toBeLessThan(Math.max(allow(3 * period), 3 * late(control)));
    expect(lines.length).toBeLessThan(allow(2000));
    expect(lines.join("\n")).toMatch(/\(\d+ more lines\)/);
  });
});
