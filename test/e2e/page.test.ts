import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { changes, executablePath, launch, look, open } from "../fixtures/browser.ts";
import { freePort } from "../fixtures/ports.ts";
import { descendants, program, signalGroup } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

/** The picture in the README, of at most so many bytes. SCREENSHOT=1 makes it anew. */
const screenshot: string = fileURLToPath(new URL("../../.github/page.jpg", import.meta.url));
const screenshotSize = 150_000;

/** How many viewers the server has for a camera, by transport. */
async function viewers({ url }: Teecam, id: string, transport: "mjpeg" | "websocket"): Promise<number> {
  const report = (await (await fetch(`${url}/cameras/${id}`)).json()) as { viewers: { transport: string }[] };
  return report.viewers.filter((viewer) => viewer.transport === transport).length;
}

function gstreamer(port: number) {
  const raw = "videotestsrc is-live=true ! video/x-raw,framerate=15/1,width=640,height=480";
  const sink = `jpegenc ! multipartmux boundary=spionisto ! tcpclientsink host=127.0.0.1 port=${port}`;
  return program(["gst-launch-1.0", ...`${raw} ! ${sink}`.split(" ")]);
}

const tile = (id: string) => `[data-camera="${id}"]`;
const inState = (id: string, state: string) => `${tile(id)}[data-state="${state}"]`;
const text = (page: Page, selector: string) =>
  page
    .locator(selector)
    .textContent()
    .then((text) => text ?? "");

/** Marks the page, so that a reload shows. */
async function mark(page: Page): Promise<() => Promise<boolean>> {
  await page.evaluate("globalThis.marked = true");
  return () => page.evaluate("globalThis.marked === true");
}

needs(executablePath).describe("The page in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it("shows the test card as it is drawn, with name and rate", async () => {
    const server = await serve(["--name", "front", "testcard:640x360@20"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    const seen = await changes(page, `${tile("front")} canvas`, 10);
    expect([seen[0]?.width, seen[0]?.height]).toEqual([640, 360]);
    const times = seen.map(({ timecode }) => timecode?.time ?? 0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...seen.map(({ age }) => age))).toBeLessThan(1000);
    expect(new Set(times).size).toBe(seen.length);

    expect(await text(page, `${tile("front")} .name`)).toBe("front");
    await until(async () => {
      const [, rate] = /^live · (\d+) fps · < 0\.1 s$/.exec(await text(page, `${tile("front")} .facts`)) ?? [];
      return Math.abs(Number(rate) - 20) <= 2;
    }, "the rate is told");
    expect(await text(page, "#summary")).toBe("1 camera · 1 live");
    expect(await page.title()).toBe("teecam");
    expect(complaints).toEqual([]);
  });

  needs("gst-launch-1.0").it("shows GStreamer's camera through a restart of GStreamer, without a reload", async () => {
    const port = await freePort();
    const server = await serve(["--name", "gst", `tcp-listen://127.0.0.1:${port}`]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("gst", "waiting"));
    expect(await text(page, `${tile("gst")} .notice`)).toBe("waiting for a writer");
    const same = await mark(page);
    for (let time = 0; time < 2; time++) {
      const camera = gstreamer(port);
      await page.waitForSelector(inState("gst", "live"));
      await changes(page, `${tile("gst")} canvas`, 5);
      await until(async () => {
        const [, rate] = /^live · (\d+) fps/.exec(await text(page, `${tile("gst")} .facts`)) ?? [];
        return Math.abs(Number(rate) - 15) <= 1;
      }, "the rate is told");
      camera.signal("SIGKILL");
      await page.waitForSelector(inState("gst", "waiting"));
    }
    expect(await same()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("greys a camera whose source has stopped, says since when, and shows it again when it goes on", async () => {
    const server = await serve(["--name", "front", "testcard:320x240@10", "--name", "back", "testcard:320x240@10"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    await page.waitForSelector(inState("back", "live"));
    const grey = (id: string) =>
      page.evaluate<boolean>(`getComputedStyle(document.querySelector('${tile(id)} canvas')).filter !== "none"`);
    await until(async () => !(await grey("front")) && !(await grey("back")), "they are in colour", 2000);

    const [source] = descendants(server.child.pid ?? 0);
    signalGroup(source?.pid ?? 0, "SIGSTOP");
    const stopped = performance.now();
    await page.waitForSelector(inState("front", "stalled"));
    expect(performance.now() - stopped).toBeLessThan(5000);
    expect(await text(page, `${tile("front")} .notice`)).toMatch(/^no frames for \d+ s$/);
    await until(() => grey("front"), "it is grey", 2000);
    const still = await look(page, `${tile("front")} canvas`);
    expect(await page.locator(inState("back", "live")).count()).toBe(1); // the other one goes on
    expect(await grey("back")).toBe(false);
    expect((await look(page, `${tile("front")} canvas`)).print).toBe(still.print);

    signalGroup(source?.pid ?? 0, "SIGCONT");
    await page.waitForSelector(inState("front", "live"), { timeout: 3000 });
    expect((await changes(page, `${tile("front")} canvas`)).at(-1)?.age).toBeLessThan(1000);
    await until(async () => !(await grey("front")), "it is in colour", 2000);
    expect(complaints).toEqual([]);
  });

  it("survives a restart of the server, without a reload", async () => {
    const port = String(await freePort());
    const first = await serve(["--port", port, "--name", "front", "testcard:320x240@10"]);
    const { page, complaints } = await open(browser, first.url);
    await page.waitForSelector(inState("front", "live"));
    const same = await mark(page);
    expect(await first.stop()).toBe(0);
    await page.waitForSelector(inState("front", "unreachable"));
    expect(await text(page, `${tile("front")} .notice`)).toBe("server not reachable, trying again");
    await serve(["--port", port, "--name", "front", "testcard:320x240@10", "--name", "new", "testcard:320x240@10"]);
    for (const id of ["front", "new"]) {
      await page.waitForSelector(inState(id, "live"), { timeout: 8000 });
      for (const { age } of await changes(page, `${tile(id)} canvas`)) expect(age).toBeLessThan(1000);
    }
    expect(await same()).toBe(true);
    expect(complaints.filter((line) => !/ERR_CONNECTION|WebSocket connection/.test(line))).toEqual([]);
  });

  it("shows one camera large at a click, as a stream that is let go of with Escape", async () => {
    const server = await serve(["--name", "front", "testcard:640x360@15", "--name", "back", "testcard:320x240@15"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("back", "live"));
    await page.click(`${tile("back")} canvas`);
    await page.waitForSelector('dialog[open][data-large="back"][data-state="live"]');
    expect(new URL(page.url()).hash).toBe("#back");
    for (const { age, width } of await changes(page, "dialog img", 8)) {
      expect(age).toBeLessThan(1000);
      expect(width).toBe(320);
    }
    const counts = async () => [
      await viewers(server, "back", "mjpeg"),
      await viewers(server, "back", "websocket"),
      await viewers(server, "front", "websocket"),
    ];
    await until(async () => String(await counts()) === "1,0,0", "the large one alone is watched");

    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "hidden" });
    await until(async () => String(await counts()) === "0,1,1", "the stream is let go of");
    await page.waitForSelector(inState("back", "live"));
    expect(new URL(page.url()).hash).toBe("");
    expect(complaints).toEqual([]);
  });

  it("shows one camera large by the keyboard alone, and goes from one to the next", async () => {
    const server = await serve(["--name", "front", "testcard:640x360@15", "--name", "back", "testcard:320x240@15"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector('dialog[open][data-large="front"][data-state="live"]');
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector('dialog[open][data-large="back"][data-state="live"]');
    expect((await changes(page, "dialog img")).map(({ width }) => width)).toContain(320);
    await until(async () => (await viewers(server, "front", "mjpeg")) === 0, "the first one is let go of");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "hidden" });
    const focused = () => page.evaluate(`document.activeElement?.closest("[data-camera]")?.dataset.camera`);
    await until(async () => (await focused()) === "back", "the keyboard is where the reader has gone");
    await until(async () => (await viewers(server, "back", "mjpeg")) === 0, "the second one is let go of");
    expect(complaints).toEqual([]);
  });

  it("paints a slow camera's picture in the large view when it comes, not with the next one", async () => {
    const server = await serve(["--name", "slow", "testcard:320x240@1"]);
    const { page, complaints } = await open(browser, `${server.url}/#slow`);
    await page.waitForSelector('dialog[open][data-large="slow"][data-state="live"]');
    await changes(page, "dialog img", 1);
    const ages = (await changes(page, "dialog img", 3)).slice(1).map(({ age }) => age); // each as it is painted
    expect(Math.max(...ages)).toBeLessThan(500);
    expect(complaints).toEqual([]);
  });

  it("shows nine cameras at once over one origin", async () => {
    const ids = Array.from({ length: 9 }, (_, number) => `camera-${number}`);
    const server = await serve([...ids.flatMap((id) => ["--name", id, "testcard:160x120@5"])]); // not scaled down
    const { page, complaints } = await open(browser, server.url);
    await until(async () => (await page.locator('[data-state="live"]').count()) === 9, "all nine are live", 15_000);
    for (const id of ids) {
      for (const { age } of await changes(page, `${tile(id)} canvas`, 2)) expect(age).toBeLessThan(1000);
    }
    expect(await text(page, "#summary")).toBe("9 cameras · 9 live");
    expect(complaints).toEqual([]);
  });

  it("can be shown in the README", async () => {
    const cameras = { front: "1280x720@30", garden: "960x540@25", printer: "640x360@15", yard: "800x450@10" };
    const args = Object.entries(cameras).flatMap(([id, size]) => ["--name", id, `testcard:${size}`]);
    const server = await serve([...args]);
    const { page, complaints } = await open(browser, server.url);
    await until(async () => (await page.locator('[data-state="live"]').count()) === 4, "all are live");
    for (const [id, size] of Object.entries(cameras)) {
      const rate = size.split("@")[1];
      await until(
        async () => (await text(page, `${tile(id)} .facts`)) === `live · ${rate} fps · < 0.1 s`,
        `${id} has its rate`,
      );
    }
    const jpeg = await page.screenshot({ type: "jpeg", quality: 80 });
    expect(jpeg.length).toBeGreaterThan(10_000);
    expect(jpeg.length).toBeLessThanOrEqual(screenshotSize);
    expect(complaints).toEqual([]);
    if (!process.env.SCREENSHOT) return;
    mkdirSync(dirname(screenshot), { recursive: true });
    writeFileSync(screenshot, jpeg);
    expect(existsSync(screenshot)).toBe(true);
  });
});
