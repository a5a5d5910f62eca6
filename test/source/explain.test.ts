import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { Argv } from "../../src/source/source.ts";
import { picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";

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
    const expected = new RegExp(`^${state}: .* s \\(70\\.0 kB of input without a JPEG\\)$`);
    await until(() => said.some((one) => expected.test(one)), `it is ${state} for that`); // on a busy machine not in its first run
  }
});

it("A camera whose program exits says so first", async () => {
  const said = told(["sh", "-c", "echo hello; echo 'no such device' >&2; exit 3"]);
  await until(() => said.find((one) => one.startsWith("failed")), "it fails");
  expect(said).toContain("failed: sh exited with code 3: no such device (6 bytes of input without a JPEG)");
});

it("A camera that has had a frame says only why it ended", async () => {
  const jpeg = Buffer.from(await picture(1)).toString("base64");
  const said = told(["sh", "-c", `echo ${jpeg} | base64 -d; echo hello; exit 3`]);
  await until(() => said.find((one) => one.startsWith("restarting")), "it ends");
  expect(said).toContain("restarting: sh exited with code 3");
});
