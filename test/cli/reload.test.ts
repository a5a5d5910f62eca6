// biome-ignore-all lint/suspicious/noTemplateCurlyInString: configurations write variables like this
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { cameras } from "../fixtures/cameras.ts";
import { freePort } from "../fixtures/ports.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { watchSocket, watchStream } from "../fixtures/viewers.ts";

const card = (size: string) => `{ source: "testcard:${size}" }`;
const twoCameras = `cameras:\n  front: ${card("160x120@10")}\n  back: ${card("320x240@10")}\n`;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "teecam-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Runs the program with a configuration in a file of its own. */
async function configured(text: string, args: readonly string[] = [], env: Record<string, string> = {}) {
  const file = join(folder(), "teecam.yaml");
  writeFileSync(file, text);
  const program = await serve(["--config", file, ...args], { env });
  return { file, program };
}

const names = async (program: Teecam) => (await cameras(program)).map(({ id }) => id);

function reads(program: Teecam): number {
  return program.output().split("Reloaded configuration: ").length - 1;
}

function hangUp({ child }: Teecam): void {
  process.kill(child.pid ?? 0, "SIGHUP");
}

describe("A configuration that is reloaded", () => {
  it("leaves cameras as they are that it does not change, and their viewers, while others come, change and go", async () => {
    const { file, program } = await configured(`${twoCameras}  shed: ${card("64x48@5")}\n`);
    const watching = await Promise.all([
      watchStream(`${program.url}/cameras/front/stream`),
      watchSocket(`${program.url}/cameras/front/stream`),
    ]);
    const replaced = await watchStream(`${program.url}/cameras/back/stream`);
    await until(() => [...watching, replaced].every(({ seen }) => seen > 2), "all see pictures");
    const [before] = await cameras(program);

    writeFileSync(
      file,
      `cameras:\n  new: ${card("64x48@5")}\n  back: ${card("200x100@10")}\n  front: ${card("160x120@10")}\n`,
    );
    hangUp(program);
    await until(() => reads(program) === 1, "it was read");
    expect(program.output()).toContain("Reloaded configuration: new added; back replaced; shed removed");
    expect(await names(program)).toEqual(["new", "back", "front"]);
    await until(() => replaced.over, "the viewer of the camera that was replaced has been let go");
    const seen = watching.map((viewer) => viewer.seen);
    await until(() => watching.every((viewer, index) => viewer.seen > (seen[index] ?? 0) + 3), "the others go on");
    const after = (await cameras(program)).find(({ id }) => id === "front");
    expect(after.sequence).toBeGreaterThan(before.sequence);
    expect(watching.map(({ over }) => over)).toEqual([false, false]);
    await until(async () => (await cameras(program))[1].width === 200, "the new one shows its own pictures");
    expect((await fetch(`${program.url}/cameras/shed`)).status).toBe(404);
  });

  it("changes nothing when it is wrong, and the log says why", async () => {
    const { file, program } = await configured(twoCameras);
    const viewer = await watchStream(`${program.url}/cameras/back/stream`);
    writeFileSync(file, "cameras:\n  front: { source: 'testcard:', fps: ten }\n");
    hangUp(program);
    await until(
      () => program.output().includes("Cannot reload configuration: it has errors; nothing was changed"),
      "the errors are logged",
    );
    expect(program.output()).toContain(`${file}:2:38: cameras.front.fps: found "ten", expected a number above 0`);
    expect(await names(program)).toEqual(["front", "back"]);
    const { seen } = viewer;
    await until(() => viewer.seen > seen + 3, "its viewer goes on");
    rmSync(file);
    hangUp(program);
    await until(() => program.output().includes(`${file}: no such file`), "the missing file is logged");
    expect(await names(program)).toEqual(["front", "back"]);
  });

  it("gives a port to the new camera when the old one has let go of it", async () => {
    const listen = (port: number, fps: number) =>
      `cameras: { in: { source: "tcp-listen://127.0.0.1:${port}", fps: ${fps} } }`;
    const port = await freePort();
    const { file, program } = await configured(listen(port, 5));
    await until(async () => (await cameras(program))[0].state === "waiting", "it listens");
    for (const fps of [6, 7, 8]) {
      writeFileSync(file, listen(port, fps));
      hangUp(program);
      await until(() => reads(program) === fps - 5, "it was read");
      await until(async () => (await cameras(program))[0].state === "waiting", "it listens again");
    }
    expect(program.output()).not.toMatch(/in failed|EADDRINUSE/);
  });

  it("is noticed by itself: written in place, put in its place, and behind a symbolic link that turns", async () => {
    const place = folder();
    for (const [name, id] of [
      ["one", "first"],
      ["two", "second"],
    ] as const) {
      mkdirSync(join(place, name));
      writeFileSync(join(place, name, "teecam.yaml"), `cameras: { ${id}: ${card("64x48@5")} }`);
    }
    symlinkSync("one", join(place, "data")); // as Kubernetes mounts its ConfigMaps
    symlinkSync("data/teecam.yaml", join(place, "teecam.yaml"));
    const program = await serve(["--config", join(place, "teecam.yaml")]);
    const shows = (id: string) => until(async () => (await names(program)).join() === id, `it shows ${id}`);
    await shows("first");
    symlinkSync("two", join(place, "next"));
    renameSync(join(place, "next"), join(place, "data"));
    await shows("second");
    writeFileSync(join(place, "two", "teecam.yaml"), `cameras: { third: ${card("64x48@5")} }`);
    await shows("third");
    writeFileSync(join(place, "two", "swap"), `cameras: { fourth: ${card("64x48@5")} }`);
    renameSync(join(place, "two", "swap"), join(place, "two", "teecam.yaml"));
    await shows("fourth");
    expect(reads(program)).toBe(3);
  });

  it("names what the server cannot change while it runs", async () => {
    const { file, program } = await configured(`server: { port: 1 }\n${twoCameras}`);
    writeFileSync(file, `server: { limits: { viewers: 5 } }\n${twoCameras}`);
    hangUp(program);
    await until(() => reads(program) === 1, "it was read");
    expect(program.output()).toContain("Restart teecam to apply the change of server.limits");
    expect(program.output()).not.toContain("server.port"); // the command line overrides it
    expect(program.output()).toContain("Reloaded configuration: no cameras changed");
  });

  it("keeps the cameras of the command line behind its own, in the place of those of the same name", async () => {
    const { file, program } = await configured(twoCameras, [
      "--name",
      "back",
      "testcard:64x48@5",
      "--name",
      "own",
      "testcard:64x48@5",
    ]);
    expect(await names(program)).toEqual(["front", "back", "own"]);
    expect((await cameras(program))[1].source).toBe("testcard:64x48@5");
    writeFileSync(file, `cameras: { shed: ${card("64x48@5")} }`);
    hangUp(program);
    await until(() => reads(program) === 1, "it was read");
    expect(await names(program)).toEqual(["shed", "back", "own"]);
  });

  it("shows nowhere what came from the environment, not even when the file names it no more", async () => {
    const secret = "canary-bird";
    const closed = `http://127.0.0.1:${await freePort()}`;
    const farewell = "trap 'echo $0 >&2; exit' TERM; while :; do sleep 0.05; done";
    const { file, program } = await configured(
      JSON.stringify({
        cameras: {
          url: { source: `${closed}/\${SECRET}/snap.jpg` },
          words: { command: ["sh", "-c", "echo $0 >&2; exit 3", "${SECRET}"] },
          late: { command: ["sh", "-c", `echo up >&2; ${farewell}`, "${SECRET}"] },
          card: {
            source: "testcard:64x48@5",
            predict: { command: ["sh", "-c", "echo $0; echo $0 >&2; exit 3", "${SECRET}"] },
          },
        },
      }),
      ["--log-level", "debug"],
      { SECRET: secret },
    );
    const failed = async () => (await cameras(program)).slice(0, 2).every(({ state }) => state === "failed");
    await until(failed, "two have failed");
    await until(() => program.output().includes("late: up"), "the third hears");
    await until(async () => (await cameras(program))[3].predictions.state === "failed", "the predictor has failed");
    const shown = JSON.stringify(await cameras(program));
    expect(shown).toContain(`${closed}/***/snap.jpg`);
    writeFileSync(file, "cameras: { card: { source: 'testcard:64x48@5' } }");
    hangUp(program);
    await until(() => program.output().includes("late: ***"), "its last word is heard after the reload");
    await until(() => reads(program) === 1, "it was read");
    writeFileSync(file, `cameras: { card: { source: "testcard:", fps: ${secret} } }`);
    hangUp(program);
    await until(
      () => program.output().includes("Cannot reload configuration: it has errors; nothing was changed"),
      "the errors are logged",
    );
    expect(program.output()).toContain('card.fps: found "***"');
    expect(shown + program.output()).not.toContain(secret);
  });

  it("is announced to each viewer by teecam.v1, whose same subscription then brings the new camera", async () => {
    const { file, program } = await configured(twoCameras);
    const socket = new WebSocket(`${program.url.replace("http", "ws")}/ws`, "teecam.v1");
    onTestFinished(() => socket.terminate());
    const hellos: string[][] = [];
    const widths = new Map<string, number[]>();
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        const { camera, width } = JSON.parse(data.subarray(2, 2 + data.readUInt16BE()).toString());
        widths.set(camera, [...(widths.get(camera) ?? []), width]);
        return;
      }
      const message = JSON.parse(String(data));
      if (message.type !== "hello") return;
      hellos.push(message.cameras);
      socket.send(JSON.stringify({ type: "subscribe", cameras: message.cameras.filter((id: string) => id !== "new") }));
    });
    const of = (camera: string) => widths.get(camera) ?? [];
    await until(() => of("front").length > 2 && of("back").length > 2, "both are seen");
    writeFileSync(
      file,
      `cameras:\n  front: ${card("160x120@10")}\n  back: ${card("200x100@10")}\n  new: ${card("64x48@5")}\n`,
    );
    hangUp(program);
    await until(() => of("back").at(-1) === 200, "the new camera is seen under its name");
    expect(hellos).toEqual([
      ["front", "back"],
      ["front", "back", "new"],
    ]);
    const seen = of("front").length;
    await until(() => of("front").length > seen + 3, "the other goes on");
    const answer = await fetch(`${program.url}/cameras/front/viewers`);
    const { viewers } = (await answer.json()) as { viewers: { sent: number }[] };
    expect(viewers.length).toBe(1);
    expect(viewers[0]?.sent).toBeGreaterThan(seen); // in the same session
  });
});
