import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { cameras, viewersOf } from "../fixtures/cameras.ts";
import { allow } from "../fixtures/machine.ts";
import { countable, descendants, runs } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { stackTrace } from "../fixtures/run-to-end.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { stall, watchSocket, watchStream } from "../fixtures/viewers.ts";

describe.runIf(countable)("The end of the program", () => {
  /** Everything it has started, once that includes programs of these names. */
  const started = (program: Teecam, ...names: string[]) =>
    until(() => {
      const all = descendants(program.child.pid ?? 0);
      return names.every((name) => all.some((one) => one.name.startsWith(name))) && all;
    }, `it has started ${names}`);

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "comes with %s within a second, with code 0 and no child",
    async (signal) => {
      const program = await serve(["testcard:160x120@10", "--", "sh", "-c", "sleep 1000 & sleep 1000"]);
      await until(async () => (await cameras(program))[0].state === "live", "the test card is live");
      const all = await started(program, "sh", "sleep");
      const asked = performance.now();
      expect(await program.stop(signal)).toBe(0);
      expect(performance.now() - asked).toBeLessThan(allow(1000));
      await until(() => !all.some(runs), "no child is left", allow(1000));
      expect(program.output()).not.toMatch(stackTrace);
      await expect(fetch(program.url)).rejects.toThrow();
    },
  );

  it("gives children the time to end well", async () => {
    const script = "trap 'sleep 0.3; echo farewell >&2; exit' TERM; echo ready >&2; while :; do sleep 0.1; done";
    const program = await serve(["--log-level", "debug", "--", "sh", "-c", script]);
    await until(() => program.output().includes("camera: ready"), "the child is ready");
    expect(await program.stop()).toBe(0);
    expect(program.output()).toContain("camera: farewell");
  });

  it("does not wait for a child that does not listen, and leaves none", async () => {
    const script = "trap '' TERM INT; echo ready >&2; while :; do sleep 0.1; done";
    const program = await serve(["--log-level", "debug", "--", "sh", "-c", script]);
    await until(() => program.output().includes("camera: ready"), "the child is deaf");
    const all = await started(program, "sh");
    const asked = performance.now();
    expect(await program.stop("SIGINT")).toBe(0);
    expect(performance.now() - asked).toBeLessThan(allow(3000));
    await until(() => !all.some(runs), "no child is left", allow(1000));
  });

  it("waits no longer than five seconds for viewers, and not at all with a second signal", async () => {
    const [patient, impatient] = await Promise.all([serve(["testcard:1920x1080"]), serve(["testcard:1920x1080"])]);
    for (const program of [patient, impatient]) {
      await stall(`${program.url}/stream`);
      await until(async () => {
        const [viewer] = await viewersOf(program, "camera");
        return viewer?.dropped.replaced > 10;
      }, "the viewer has stalled");
    }
    const all = [...descendants(patient.child.pid ?? 0), ...descendants(impatient.child.pid ?? 0)];
    const asked = performance.now();
    const ended = patient.stop("SIGINT");
    const refuses = () =>
      fetch(`${patient.url}/readyz`).then(
        ({ status }) => status === 503,
        () => true,
      );
    await until(refuses, "it is not ready any more, and takes no connections", 1000);
    expect(patient.child.exitCode).toBeNull(); // it still waits for its viewer
    void impatient.stop("SIGINT");
    await until(() => impatient.output().includes("Received SIGINT, shutting down"), "it heard the first signal");
    const askedAgain = performance.now();
    expect(await impatient.stop("SIGINT")).toBe(1);
    expect(performance.now() - askedAgain).toBeLessThan(allow(500));
    expect(await ended).toBe(0);
    expect(performance.now() - asked).toBeLessThan(allow(5000));
    await until(() => !all.some(runs), "no child is left", allow(1000));
    expect(patient.output() + impatient.output()).not.toMatch(stackTrace);
  });

  it("comes within five seconds for a hundred viewers of every kind, which all end", async () => {
    const program = await serve(["testcard:320x240@10", "--name", "slow", "--", "sh", "-c", "sleep 1000 & sleep 1000"]);
    await until(async () => (await cameras(program))[0].state === "live", "the test card is live");
    const all = await started(program, "sh", "sleep");
    const stream = `${program.url}/cameras/camera/stream`;
    const viewers: { readonly seen: number; readonly over: boolean }[] = [];
    for (let i = 0; i < 34; i++) viewers.push(await watchStream(stream), await watchSocket(stream));
    const codes: number[] = [];
    for (let i = 0; i < 32; i++) {
      const socket = new WebSocket(`${program.url.replace("http", "ws")}/ws`, "teecam.v1");
      const viewer = { seen: 0, over: false };
      viewers.push(viewer);
      socket.on("message", (_, isBinary) => {
        if (isBinary) viewer.seen++;
        else if (viewer.seen === 0) socket.send(JSON.stringify({ type: "subscribe", cameras: ["camera", "slow"] }));
      });
      socket.on("close", (code) => {
        viewer.over = true;
        codes.push(code);
      });
      onTestFinished(() => socket.terminate());
    }
    await until(() => viewers.length === 100 && viewers.every(({ seen }) => seen > 0), "a hundred see pictures");
    const asked = performance.now();
    expect(await program.stop()).toBe(0);
    expect(performance.now() - asked).toBeLessThan(allow(5000));
    await until(() => viewers.every(({ over }) => over), "all have ended", 500);
    expect([...new Set(codes)]).toEqual([1001]);
    await until(() => !all.some(runs), "no child is left", allow(1000));
    await expect(fetch(program.url)).rejects.toThrow();
    expect(program.output()).not.toMatch(stackTrace);
  });

  needs("ffprobe").it("comes while ffprobe is still being asked what a source is", async () => {
    const silent = createServer().listen(0, "127.0.0.1"); // takes the connection and says nothing
    onTestFinished(() => void silent.close());
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const program = await serve([`rtsp://127.0.0.1:${port}/`]);
    const all = await started(program, "ffprobe");
    const asked = performance.now();
    expect(await program.stop("SIGINT")).toBe(0);
    expect(performance.now() - asked).toBeLessThan(allow(2500));
    await until(() => !all.some(runs), "no child is left", allow(1000));
  });
});
