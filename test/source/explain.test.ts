import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { Argv } from "../../src/source/source.ts";
import { picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";
import { join, jpeg, segment, sof } from "../media/jpeg-builder.ts";

/** What a camera says of its states: `failed: sh exited with code 3`. */
function told(source: Argv): string[] {
  const camera = new Camera({ source, stallAfter: 500 }, adapter);
  onTestFinished(() => camera.close());
  const said: string[] = [];
  const write = ({ state, cause }: Camera["state"]) => void said.push(`${state}: ${cause}`);
  void camera.states().pipeTo(new WritableStream({ write }));
  return said;
}

it("A camera whose program writes no JPEG says how much it has written, when it stalls and when it fails", async () => {
  const said = told(["sh", "-c", "head -c 70000 /dev/zero; exec sleep 100"]);
  for (const state of ["stalled", "failed"]) {
    const expected = new RegExp(
      `^${state}: .* s \\(70\\.0 kB came and no JPEG in it: it looks like nothing but zeros\\)$`,
    );
    await until(() => said.some((one) => expected.test(one)), `it is ${state} for that`); // on a busy machine not in its first run
  }
});

it("A camera whose program exits says so first", async () => {
  const said = told(["sh", "-c", "echo hello; echo 'no such device' >&2; exit 3"]);
  await until(() => said.find((one) => one.startsWith("failed")), "it fails");
  expect(said).toContain(
    'failed: sh exited with code 3: no such device (6 bytes came and no JPEG in it: it is text: "hello")',
  );
});

it("A camera that has had a frame says only why it ended", async () => {
  const jpeg = Buffer.from(await picture(1)).toString("base64");
  const said = told(["sh", "-c", `echo ${jpeg} | base64 -d; echo hello; exit 3`]);
  await until(() => said.find((one) => one.startsWith("restarting")), "it ends");
  expect(said).toContain("restarting: sh exited with code 3");
});

it("A camera that is started again tells the last reason until it is live", async () => {
  const said = told(["sh", "-c", "echo opening the camera; exit 3"]);
  const reason = 'sh exited with code 3 (19 bytes came and no JPEG in it: it is text: "opening the camera")';
  await until(() => said.filter((one) => one.startsWith("failed")).length >= 2, "it fails twice");
  const since = said.indexOf(`failed: ${reason}`);
  for (const one of said.slice(since)) expect([`failed: ${reason}`, `starting: last run: ${reason}`]).toContain(one);
  expect(said[0]).toBe("starting: null");
});

it("A camera that stalls without having received anything still tells what the last run received", async () => {
  const folder = mkdtempSync(joinPath(tmpdir(), "teecam-explain-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const command = 'if mkdir "$0/first"; then echo opening the camera; exit 3; fi; exec sleep 100';
  const said = told(["sh", "-c", command, folder]);
  const stalled = await until(() => said.find((one) => one.startsWith("stalled")), "it stalls");
  expect(stalled).toMatch(/^stalled: no data for [\d.]+ s \(last run: sh exited .*"opening the camera"\)\)$/);
});

it("A camera that is live again has no reason any more", async () => {
  const jpeg = Buffer.from(await picture(1)).toString("base64");
  const said = told(["sh", "-c", `echo ${jpeg} | base64 -d; exit 3`]);
  await until(() => said.filter((one) => one.startsWith("live")).length >= 2, "it is live twice");
  expect(said).toContain("starting: last run: sh exited with code 3");
  for (const one of said.filter((state) => state.startsWith("live"))) expect(one).toBe("live: null");
});

it("A camera that sends fields of interlaced video says so while it is live", async () => {
  const avi1 = segment(0xe0, join("AVI1", [1], new Uint8Array(9)));
  const field = Buffer.from(jpeg({ before: avi1, frame: sof(720, 288) })).toString("base64");
  const said = told(["sh", "-c", `echo ${field} | base64 -d; exec sleep 100`]);
  await until(() => said.find((one) => /^live: each picture is one field of interlaced video/.test(one)), "it says so");
});
