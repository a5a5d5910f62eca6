import { mkdtempSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import { CameraRegistry } from "../../src/camera/registry.ts";
import type { CameraConfiguration } from "../../src/config/configuration.ts";
import type { Logger } from "../../src/log.ts";
import { until } from "../fixtures/until.ts";

/** A fleet that is closed when the test is over; what it logs as errors, and how often it told of changes. */
function launch() {
  const errors: unknown[] = [];
  const say = () => {};
  const error: Logger["error"] = (_, properties) => void errors.push(properties?.why);
  const log: Logger = { debug: say, info: say, warn: say, error };
  const made: string[] = [];
  const fleet = new CameraRegistry({
    log,
    start(options) {
      made.push(options.id ?? "");
      return new Camera(options, adapter);
    },
  });
  onTestFinished(() => fleet.close());
  let told = 0;
  fleet.changes.addEventListener("change", () => told++);
  return { fleet, made, errors, told: () => told };
}

/** A path in a folder that goes when the test is over. */
function placeFor(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "teecam-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const names = ({ cameras }: CameraRegistry) => [...cameras.keys()];
const pushed = (...ids: string[]): CameraConfiguration[] => ids.map((id) => ({ id, source: "push" }));

describe("A fleet", () => {
  it("follows each configuration, keeps what has not changed, and tells once of what has", async () => {
    const { fleet, made, told } = launch();
    const { cameras } = fleet;
    expect(await fleet.apply(pushed("a", "b", "c"))).toEqual({ added: ["a", "b", "c"], replaced: [], removed: [] });
    const [a, b, c] = cameras.values();
    expect(await fleet.apply(pushed("a", "b", "c"))).toEqual({ added: [], replaced: [], removed: [] });
    expect(told()).toBe(1);
    const [first, second] = pushed("d", "c");
    const changed = { id: "b", source: "push", maxFrameSize: 4096 };
    const changes = await fleet.apply([first, second, changed].filter((one) => one !== undefined));
    expect(changes).toEqual({ added: ["d"], replaced: ["b"], removed: ["a"] });
    expect([fleet.cameras === cameras, names(fleet)]).toEqual([true, ["d", "c", "b"]]);
    expect(cameras.get("c")).toBe(c);
    expect(cameras.get("b")).not.toBe(b);
    expect([a, b, c].map((one) => one?.state.state)).toEqual(["ended", "ended", "waiting"]);
    expect([made.join(), told()]).toEqual(["a,b,c,d,b", 2]);
  });

  it("tells of another order, in which the same cameras go on", async () => {
    const { fleet, made, told } = launch();
    await fleet.apply(pushed("a", "b"));
    const nothing = { added: [], replaced: [], removed: [] };
    expect(await fleet.apply(pushed("b", "a"))).toEqual(nothing);
    expect([names(fleet), told(), made]).toEqual([["b", "a"], 2, ["a", "b"]]);
  });

  it("takes the same settings for the same, in whatever order and whether undefined or left out", async () => {
    const { fleet, made } = launch();
    await fleet.apply([{ id: "a", source: "push", fps: 5, env: undefined, maxFrameSize: 4096 }]);
    await fleet.apply([{ maxFrameSize: 4096, source: "push", id: "a", fps: 5 }]);
    expect(made).toEqual(["a"]);
  });

  it("leaves out a camera that cannot be, says why, and tries again with the next configuration", async () => {
    const { fleet, made, errors } = launch();
    const wanted = [...pushed("a"), { id: "bad", source: "push", loop: true }];
    expect((await fleet.apply(wanted)).added).toEqual(["a"]);
    expect(errors).toEqual([expect.stringMatching(/^Cannot start camera "bad" in a loop: /)]);
    const [a] = fleet.cameras.values();
    expect((await fleet.apply([...pushed("a", "bad")])).added).toEqual(["bad"]);
    expect([...fleet.cameras.values()][0]).toBe(a);
    expect(made).toEqual(["a", "bad", "bad"]);
  });

  it("starts a camera anew only when nothing of the former one is left", async () => {
    const { fleet } = launch();
    const lock = placeFor("lock"); // as a device is one
    const program = `mkdir "$0" || exit 7
      trap 'sleep 0.3; rmdir "$0"; exit' TERM
      echo $$ > "$0.pid"
      while :; do sleep 0.05; done`;
    const pids = new Set<string>();
    for (const fps of [1, 2]) {
      await fleet.apply([{ id: "in", source: ["sh", "-c", program, lock], fps }]);
      const camera = fleet.cameras.get("in");
      await until(async () => {
        expect(camera?.state.detail).toBeNull();
        pids.add(await readFile(`${lock}.pid`, "utf8").catch(() => ""));
        pids.delete("");
        return pids.size === fps;
      }, "it has the lock");
    }
  });

  it("does one thing after the other, so that the last configuration stands", async () => {
    const { fleet } = launch();
    const all = await Promise.all([
      fleet.apply(pushed("a", "b")),
      fleet.apply(pushed("b", "c")),
      fleet.apply(pushed("c", "d")),
    ]);
    expect(all.map(({ removed }) => removed.join())).toEqual(["", "a", "b"]);
    expect(names(fleet)).toEqual(["c", "d"]);
  });

  it("starts nothing any more once it is closed, whatever it is in the middle of", async () => {
    const { fleet, made } = launch();
    const deaf = ["sh", "-c", "trap '' TERM; echo up > \"$0\"; while :; do sleep 0.05; done"] as const;
    const mark = placeFor("mark");
    await writeFile(mark, "");
    await fleet.apply([{ id: "a", source: [...deaf, mark] }]);
    await until(async () => (await readFile(mark, "utf8")) === "up\n", "the program is deaf");
    const [a] = fleet.cameras.values();
    const applied = fleet.apply(pushed("a", "b"));
    await until(() => a?.state.state === "ended", "it waits for the former camera");
    expect(names(fleet)).toEqual(["a"]); // until it is replaced, it has its place
    await fleet.close();
    expect(await applied).toEqual({ added: [], replaced: [], removed: [] });
    expect((await fleet.apply(pushed("c"))).added).toEqual([]);
    expect([made, [...fleet.cameras.values()]]).toEqual([["a"], [a]]);
  });
});
