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

/** A registry that is closed when the test is over, the errors it logs, the ids it starts, and its number of changes. */
function createRegistry() {
  const errors: unknown[] = [];
  const ignore = () => {};
  const error: Logger["error"] = (_, properties) => void errors.push(properties?.why);
  const log: Logger = { debug: ignore, info: ignore, warn: ignore, error };
  const started: string[] = [];
  const registry = new CameraRegistry({
    log,
    start(options) {
      started.push(options.id ?? "");
      return new Camera(options, adapter);
    },
  });
  onTestFinished(() => registry.close());
  let changes = 0;
  registry.changes.addEventListener("change", () => changes++);
  return { registry, started, errors, changes: () => changes };
}

/** A path in a folder that goes when the test is over. */
function pathFor(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), "teecam-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, name);
}

const names = ({ cameras }: CameraRegistry) => [...cameras.keys()];
const pushed = (...ids: string[]): CameraConfiguration[] => ids.map((id) => ({ id, source: "push" }));

describe("A camera registry", () => {
  it("follows each configuration, keeps what has not changed, and tells once of what has", async () => {
    const { registry, started, changes } = createRegistry();
    const { cameras } = registry;
    expect(await registry.apply(pushed("a", "b", "c"))).toEqual({ added: ["a", "b", "c"], replaced: [], removed: [] });
    const [a, b, c] = cameras.values();
    expect(await registry.apply(pushed("a", "b", "c"))).toEqual({ added: [], replaced: [], removed: [] });
    expect(changes()).toBe(1);
    const [first, second] = pushed("d", "c");
    const changed = { id: "b", source: "push", maxFrameSize: 4096 };
    const result = await registry.apply([first, second, changed].filter((one) => one !== undefined));
    expect(result).toEqual({ added: ["d"], replaced: ["b"], removed: ["a"] });
    expect([registry.cameras === cameras, names(registry)]).toEqual([true, ["d", "c", "b"]]);
    expect(cameras.get("c")).toBe(c);
    expect(cameras.get("b")).not.toBe(b);
    expect([a, b, c].map((one) => one?.state.state)).toEqual(["ended", "ended", "waiting"]);
    expect([started.join(), changes()]).toEqual(["a,b,c,d,b", 2]);
  });

  it("tells of another order, in which the same cameras go on", async () => {
    const { registry, started, changes } = createRegistry();
    await registry.apply(pushed("a", "b"));
    const nothing = { added: [], replaced: [], removed: [] };
    expect(await registry.apply(pushed("b", "a"))).toEqual(nothing);
    expect([names(registry), changes(), started]).toEqual([["b", "a"], 2, ["a", "b"]]);
  });

  it("takes the same settings for the same, in whatever order and whether undefined or left out", async () => {
    const { registry, started } = createRegistry();
    await registry.apply([{ id: "a", source: "push", fps: 5, env: undefined, maxFrameSize: 4096 }]);
    await registry.apply([{ maxFrameSize: 4096, source: "push", id: "a", fps: 5 }]);
    expect(started).toEqual(["a"]);
  });

  it("leaves out a camera that cannot be, says why, and tries again with the next configuration", async () => {
    const { registry, started, errors } = createRegistry();
    const configurations = [...pushed("a"), { id: "bad", source: "push", loop: true }];
    expect((await registry.apply(configurations)).added).toEqual(["a"]);
    expect(errors).toEqual([expect.stringMatching(/^Cannot start camera "bad" in a loop: /)]);
    const [a] = registry.cameras.values();
    expect((await registry.apply([...pushed("a", "bad")])).added).toEqual(["bad"]);
    expect([...registry.cameras.values()][0]).toBe(a);
    expect(started).toEqual(["a", "bad", "bad"]);
  });

  it("starts a camera anew only when nothing of the former one is left", async () => {
    const { registry } = createRegistry();
    const lock = pathFor("lock"); // as a device is one
    const program = `mkdir "$0" || exit 7
      trap 'sleep 0.3; rmdir "$0"; exit' TERM
      echo $$ > "$0.pid"
      while :; do sleep 0.05; done`;
    const pids = new Set<string>();
    for (const fps of [1, 2]) {
      await registry.apply([{ id: "in", source: ["sh", "-c", program, lock], fps }]);
      const camera = registry.cameras.get("in");
      await until(async () => {
        expect(camera?.state.detail).toBeNull();
        pids.add(await readFile(`${lock}.pid`, "utf8").catch(() => ""));
        pids.delete("");
        return pids.size === fps;
      }, "it has the lock");
    }
  });

  it("does one thing after the other, so that the last configuration stands", async () => {
    const { registry } = createRegistry();
    const all = await Promise.all([
      registry.apply(pushed("a", "b")),
      registry.apply(pushed("b", "c")),
      registry.apply(pushed("c", "d")),
    ]);
    expect(all.map(({ removed }) => removed.join())).toEqual(["", "a", "b"]);
    expect(names(registry)).toEqual(["c", "d"]);
  });

  it("starts nothing any more once it is closed, whatever it is in the middle of", async () => {
    const { registry, started } = createRegistry();
    const deaf = ["sh", "-c", "trap '' TERM; echo up > \"$0\"; while :; do sleep 0.05; done"] as const;
    const mark = pathFor("mark");
    await writeFile(mark, "");
    await registry.apply([{ id: "a", source: [...deaf, mark] }]);
    await until(async () => (await readFile(mark, "utf8")) === "up\n", "the program is deaf");
    const [a] = registry.cameras.values();
    const applied = registry.apply(pushed("a", "b"));
    await until(() => a?.state.state === "ended", "it waits for the former camera");
    expect(names(registry)).toEqual(["a"]); // until it is replaced, it has its place
    await registry.close();
    expect(await applied).toEqual({ added: [], replaced: [], removed: [] });
    expect((await registry.apply(pushed("c"))).added).toEqual([]);
    expect([started, [...registry.cameras.values()]]).toEqual([["a"], [a]]);
  });
});
