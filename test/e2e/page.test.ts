import { Buffer } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page, WebSocket } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { changes, executablePath, launch, look, open } from "../fixtures/browser.ts";
import { allow, stopwatch } from "../fixtures/machine.ts";
import { detailCanvas, detailInState, inState, setSetting, text, tile } from "../fixtures/page.ts";
import { picture } from "../fixtures/picture.ts";
import { freePort } from "../fixtures/ports.ts";
import { descendants, program, signalGroup } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

/** Counts a camera's viewers on the server by their transport. */
async function viewers({ url }: Teecam, id: string, transport: "mjpeg" | "websocket"): Promise<number> {
  const answer = (await (await fetch(`${url}/cameras/${id}/viewers`)).json()) as { viewers: { transport: string }[] };
  return answer.viewers.filter((viewer) => viewer.transport === transport).length;
}

function gstreamer(port: number) {
  const raw = "videotestsrc is-live=true ! video/x-raw,framerate=15/1,width=640,height=480";
  const sink = `jpegenc ! multipartmux boundary=spionisto ! tcpclientsink host=127.0.0.1 port=${port}`;
  return program(["gst-launch-1.0", ...`${raw} ! ${sink}`.split(" ")]);
}

const attribute = async (page: Page, selector: string, name: string) =>
  Number((await page.locator(selector).getAttribute(name)) ?? Number.NaN);
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
/** Tells whether a line of the console is the browser's own about a WebSocket that failed. */
const isRefusal = (line: string) => /WebSocket connection to .* failed/.test(line);

/** Returns the lag that the page shows and the age of the test card in its pixels, in milliseconds; medians. */
async function lags(page: Page, id: string, times: number): Promise<{ shown: number; seen: number }> {
  const shown: number[] = [];
  const seen: number[] = [];
  await changes(page, `${tile(id)} canvas`, 1); // the first picture may be an old one
  while (seen.length < times) {
    seen.push((await changes(page, `${tile(id)} canvas`, 1)).at(-1)?.age ?? Number.NaN);
    shown.push(await attribute(page, tile(id), "data-lag"));
  }
  return { shown: median(shown), seen: median(seen) };
}

/** Collects the WebSockets that a page opens from now on. */
function sockets(page: Page): WebSocket[] {
  const opened: WebSocket[] = [];
  page.on("websocket", (socket) => opened.push(socket));
  return opened;
}

/** Serves test cards by an app without WebSockets, until the test is over. */
async function serveWithoutSockets(ids: readonly string[], source: string): Promise<string> {
  const cameras = new Map(ids.map((id) => [id, new Camera({ id, source }, adapter)]));
  const app = createApp({ cameras, connection: adapter.connection });
  const server = await adapter.serve(() => app, { hostname: "127.0.0.1", port: 0 });
  onTestFinished(async () => {
    await server.close(1000);
    await Promise.all([...cameras.values()].map((camera) => camera.close()));
  });
  return `http://127.0.0.1:${server.port}/`;
}

/** Hides the page or shows it again; a headless browser never does so by itself. */
function hide(page: Page, hidden: boolean): Promise<unknown> {
  return page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"))`);
}

/** Marks the page, and returns a function that tells whether it is still the same one, without a reload. */
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
      const [, rate] = /^live · (\d+) fps · \d+ ms behind$/.exec(await text(page, `${tile("front")} .status`)) ?? [];
      return Math.abs(Number(rate) - 20) <= 2;
    }, "the rate is shown");
    expect(await text(page, "#summary")).toBe("1 camera · 1 live");
    expect(await page.title()).toBe("teecam");
    expect(complaints).toEqual([]);
  });

  needs("gst-launch-1.0").it("shows GStreamer's camera through a restart of GStreamer, without a reload", async () => {
    const port = await freePort();
    const server = await serve(["--name", "gst", `tcp-listen://127.0.0.1:${port}`]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("gst", "waiting"));
    expect(await text(page, `${tile("gst")} .notice`)).toBe("waiting for a source to connect");
    const same = await mark(page);
    for (let time = 0; time < 2; time++) {
      const camera = gstreamer(port);
      await page.waitForSelector(inState("gst", "live"));
      await changes(page, `${tile("gst")} canvas`, 5);
      await until(async () => {
        const [, rate] = /^live · (\d+) fps/.exec(await text(page, `${tile("gst")} .status`)) ?? [];
        return Math.abs(Number(rate) - 15) <= 1;
      }, "the rate is shown");
      camera.signal("SIGKILL");
      await page.waitForSelector(inState("gst", "waiting"));
    }
    expect(await same()).toBe(true);
    expect(complaints).toEqual([]);
  });

  it("greys a camera whose source has stopped, says for how long, and shows it again when it continues", async () => {
    const server = await serve(["--name", "front", "testcard:320x240@10", "--name", "back", "testcard:320x240@10"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    await page.waitForSelector(inState("back", "live"));
    const grey = (id: string) =>
      page.evaluate<boolean>(`getComputedStyle(document.querySelector('${tile(id)} canvas')).filter !== "none"`);
    await until(async () => !(await grey("front")) && !(await grey("back")), "they are in colour", 2000);

    const [source] = descendants(server.child.pid ?? 0).filter(({ name }) => name !== "sh"); // the warden
    signalGroup(source?.pid ?? 0, "SIGSTOP");
    const sinceStopped = stopwatch();
    await page.waitForSelector(inState("front", "stalled"));
    expect(sinceStopped()).toBeLessThan(5000);
    expect(await text(page, `${tile("front")} .notice`)).toMatch(/^no frames for \d+ s$/);
    await until(() => grey("front"), "it is grey", 2000);
    const still = await look(page, `${tile("front")} canvas`);
    expect(await page.locator(inState("back", "live")).count()).toBe(1); // the other one goes on
    expect(await grey("back")).toBe(false);
    expect((await look(page, `${tile("front")} canvas`)).print).toBe(still.print);

    signalGroup(source?.pid ?? 0, "SIGCONT");
    await page.waitForSelector(inState("front", "live"), { timeout: 10 * allow(3000) });
    expect((await changes(page, `${tile("front")} canvas`)).at(-1)?.age).toBeLessThan(allow(1000));
    await until(async () => !(await grey("front")), "it is in colour", 2000);
    expect(complaints).toEqual([]);
  });

  it("shows the last picture of a camera that is not live, with its age, also to those who come later", async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-last-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const port = await freePort();
    const jpeg = await picture(1, { width: 320, height: 240 });
    writeFileSync(join(folder, "1.jpg"), jpeg);
    writeFileSync(
      join(folder, "teecam.yaml"),
      `cameras:
  pushed: { source: push, deadlines: { frame: 500ms } }
  dialled: { source: "tcp-listen://127.0.0.1:${port}" }
  slides: { source: "*.jpg", every: 100ms }
  never: { source: push }`,
    );
    const server = await serve(["--config", join(folder, "teecam.yaml")]);
    const headers = { "Content-Type": "image/jpeg" };
    await fetch(`${server.url}/cameras/pushed/frames`, { method: "POST", body: jpeg, headers });
    await until(async () => {
      const writer = connect(port, "127.0.0.1").on("error", () => {});
      writer.end(jpeg);
      return ((await (await fetch(`${server.url}/cameras/dialled`)).json()) as { age: number | null }).age !== null;
    }, "a writer has been there");

    const { page, complaints } = await open(browser, server.url);
    for (const [id, state, notice] of [
      ["pushed", "stalled", /^no frames for \d+ (s|min)$/],
      ["dialled", "waiting", /^waiting for a source to connect\s*last frame \d+ (s|min) ago$/], // two lines
      ["slides", "ended", /ended\s*last frame \d+ (s|min) ago$/],
    ] as const) {
      await page.waitForSelector(inState(id, state));
      await until(async () => notice.test(await text(page, `${tile(id)} .notice`)), `the age of ${id} is told`);
      await until(async () => (await look(page, `${tile(id)} canvas`)).width === 320, `${id} shows its last picture`);
      const { print } = await look(page, `${tile(id)} canvas`);
      expect(print).not.toBe((await look(page, `${tile("never")} canvas`)).print);
    }
    expect(await text(page, `${tile("never")} .notice`)).toBe("waiting for a source to connect");
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
    expect(await text(page, `${tile("front")} .notice`)).toBe("server not reachable; retrying");
    await serve(["--port", port, "--name", "front", "testcard:320x240@10", "--name", "new", "testcard:320x240@10"]);
    for (const id of ["front", "new"]) {
      await page.waitForSelector(inState(id, "live"), { timeout: 10 * allow(8000) });
      for (const { age } of await changes(page, `${tile(id)} canvas`)) expect(age).toBeLessThan(allow(1000));
    }
    expect(await same()).toBe(true);
    expect(complaints.filter((line) => !/ERR_CONNECTION|WebSocket connection/.test(line))).toEqual([]);
  });

  it("opens a camera's detail view at a click, over the same WebSocket, and returns with Escape", async () => {
    const server = await serve(["--name", "front", "testcard:640x360@15", "--name", "back", "testcard:320x240@15"]);
    const { page, complaints } = await open(browser, "about:blank");
    const opened = sockets(page);
    await page.goto(server.url);
    await page.waitForSelector(inState("back", "live"));
    await page.click(`${tile("back")} canvas`);
    await page.waitForSelector(detailInState("back", "live"));
    expect(new URL(page.url()).hash).toBe("#back");
    for (const { age, width } of await changes(page, detailCanvas, 8)) {
      expect(age).toBeLessThan(allow(1000));
      expect(width).toBe(320);
    }
    const counts = async () => [
      await viewers(server, "back", "mjpeg"),
      await viewers(server, "back", "websocket"),
      await viewers(server, "front", "websocket"),
    ];
    await until(async () => String(await counts()) === "0,1,0", "only the camera of the detail view has a viewer");

    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "hidden" });
    await until(async () => String(await counts()) === "0,1,1", "both have a viewer again");
    await page.waitForSelector(inState("back", "live"));
    expect(new URL(page.url()).hash).toBe("");
    expect(opened.length).toBe(1);
    expect(complaints).toEqual([]);
  });

  it("opens the detail view and goes from one camera to the next by the keyboard alone", async () => {
    const server = await serve(["--name", "front", "testcard:640x360@15", "--name", "back", "testcard:320x240@15"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector(detailInState("front", "live"));
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(detailInState("back", "live"));
    expect((await changes(page, detailCanvas)).map(({ width }) => width)).toContain(320);
    await until(async () => (await viewers(server, "front", "websocket")) === 0, "nobody views the first camera");
    await page.keyboard.press("Escape");
    await page.waitForSelector("dialog", { state: "hidden" });
    const focused = () => page.evaluate(`document.activeElement?.closest("[data-camera]")?.dataset.camera`);
    await until(async () => (await focused()) === "back", "the focus is on the tile of the last camera");
    expect(complaints).toEqual([]);
  });

  it("paints a slow camera's picture in the detail view when it arrives, not with the next one", async () => {
    const server = await serve(["--name", "slow", "testcard:320x240@1"]);
    const { page, complaints } = await open(browser, `${server.url}/#slow`);
    await page.waitForSelector(detailInState("slow", "live"));
    await changes(page, detailCanvas, 1);
    const ages = (await changes(page, detailCanvas, 3)).slice(1).map(({ age }) => age); // each as it is painted
    expect(Math.max(...ages)).toBeLessThan(allow(500));
    expect(complaints).toEqual([]);
  });

  it("shows nine cameras at once over one WebSocket, and shows how far each is behind", async () => {
    const ids = Array.from({ length: 9 }, (_, number) => `camera-${number}`);
    const server = await serve([...ids.flatMap((id) => ["--name", id, "testcard:160x120@5"])]); // not scaled down
    const { page, complaints } = await open(browser, "about:blank");
    const opened = sockets(page);
    await page.goto(server.url);
    await until(async () => (await page.locator('[data-state="live"]').count()) === 9, "all nine are live");
    for (const id of ids) {
      // While nine cameras start the lag varies, and what is shown is the median of the last second.
      await until(async () => {
        const { shown, seen } = await lags(page, id, 2);
        return shown < allow(500) && Math.abs(shown - seen) < allow(150);
      }, `what is shown of ${id} agrees with what is seen`);
    }
    expect(await text(page, "#summary")).toBe("9 cameras · 9 live");
    expect(opened.map((socket) => socket.url())).toEqual([`${server.url.replace("http", "ws")}/ws`]);
    expect(opened[0]?.isClosed()).toBe(false);
    expect(complaints).toEqual([]);
  });

  it("keeps the lag low on a link that is too slow, and counts what it skips", async () => {
    const server = await serve(["--name", "front", "testcard:800x450@30"]); // pictures of 40 kB
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    const facts = () => text(page, `${tile("front")} .status`);
    await until(async () => /^live · (29|30|31) fps/.test(await facts()), "it has its rate");
    const free = await attribute(page, tile("front"), "data-skipped");

    const devtools = await page.context().newCDPSession(page);
    await devtools.send("Network.enable");
    const throughput = 200_000; // bytes a second: five of these pictures
    const link = { offline: false, latency: 20, downloadThroughput: throughput, uploadThroughput: throughput };
    await devtools.send("Network.emulateNetworkConditions", link);
    await until(async () => Number(/^live · ([\d.]+) of/.exec(await facts())?.[1]) < 10, "the link is slow");
    const { shown, seen } = await until(async () => {
      const found = await lags(page, "front", 8);
      return found.seen < allow(500) && found;
    }, "it is half a second behind at most");
    expect(Math.abs(shown - seen)).toBeLessThan(allow(350)); // pictures are 300 ms apart, and what is shown is the median of a second
    expect(await attribute(page, tile("front"), "data-skipped")).toBeGreaterThan(free + 50);

    await devtools.send("Network.emulateNetworkConditions", {
      ...link,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput: -1,
    });
    await until(async () => /^live · (29|30|31) fps/.test(await facts()), "it has its rate again");
    expect((await lags(page, "front", 3)).shown).toBeLessThan(allow(150));
    expect(complaints).toEqual([]);
  });

  it("shows streams and snapshots as images where WebSockets are blocked, and says so", async () => {
    const ids = ["one", "two", "three", "four", "five", "six"];
    const url = await serveWithoutSockets(ids, "testcard:320x240@10");
    const { page, complaints } = await open(browser, url);
    await until(async () => (await page.locator('.tile[data-state="live"] img').count()) === 6, "all are live");
    const by = (transport: string) => page.locator(`.tile[data-transport="${transport}"]`).count();
    expect([await by("stream"), await by("snapshots")]).toEqual([4, 2]);
    const status = () => text(page, `${tile("one")} .status`);
    await until(async () => /^live · [\d.]+ fps · over HTTP$/.test(await status()), "its rate is told");
    expect(await text(page, `${tile("six")} .status`)).toBe("live · snapshot every 2 s");
    expect(await page.locator("[data-lag]").count()).toBe(0);
    for (const { age } of (await changes(page, `${tile("one")} img`, 5)).slice(1)) expect(age).toBeLessThan(allow(500));
    for (const { age } of (await changes(page, `${tile("six")} img`, 2)).slice(1))
      expect(age).toBeLessThan(allow(1500));
    expect(complaints.filter((line) => !isRefusal(line))).toEqual([]);
  });

  it("goes back from images to the WebSocket when it is no longer blocked", async () => {
    const server = await serve(["--name", "front", "testcard:320x240@10"]);
    const { page } = await open(browser, "about:blank");
    let refused = 0;
    let through = false;
    await page.routeWebSocket(/\/ws$/, (socket) => {
      if (through) return void socket.connectToServer();
      refused++;
      socket.close();
    });
    await page.goto(server.url);
    await page.waitForSelector(`${inState("front", "live")}[data-transport="stream"]`);
    expect(refused).toBeGreaterThanOrEqual(3);
    through = true;
    await page.evaluate("dispatchEvent(new Event('online'))"); // or in half a minute
    await page.waitForSelector(`${inState("front", "live")}[data-transport="websocket"][data-lag]`);
    expect(await page.locator(".tile img").count()).toBe(0);
    await until(async () => (await viewers(server, "front", "mjpeg")) === 0, "the stream is closed");
  });

  it("acknowledges each frame: those it draws, those that a newer one replaces, and those it cannot decode", async () => {
    const server = await serve(["--name", "front", "testcard:320x240@1"]);
    const { page } = await open(browser, "about:blank");
    const jpeg = Buffer.from(await (await fetch(`${server.url}/snapshot`)).arrayBuffer());
    const heard: { type: string; sequence?: number; cameras?: string[]; ack?: boolean }[] = [];
    await page.routeWebSocket(/\/ws$/, (socket) => {
      const show = (sequence: number, data: Buffer) => {
        const head = Buffer.from(JSON.stringify({ camera: "front", sequence, timestamp: 0, width: 320, height: 240 }));
        socket.send(Buffer.concat([Buffer.from([head.length >> 8, head.length & 255]), head, data]));
      };
      socket.onMessage((text) => {
        const message = JSON.parse(String(text));
        heard.push(message);
        if (message.type !== "subscribe" || message.cameras.length === 0) return;
        for (const [index, data] of [jpeg, jpeg, jpeg, Buffer.from("no picture"), jpeg].entries()) show(index, data);
        setTimeout(() => show(5, Buffer.from("no picture either")), 500);
      });
      socket.send(JSON.stringify({ type: "hello", session: "1", cameras: ["front"] }));
    });
    await page.goto(server.url);
    const acknowledged = () => heard.filter(({ type }) => type === "ack").map(({ sequence }) => sequence ?? -1);
    await until(() => acknowledged().includes(5), "the last one is acknowledged");
    expect(acknowledged().toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
    expect(heard.filter(({ type }) => type === "ping").length).toBeGreaterThan(1);
    const subscription = heard.findLast(({ type }) => type === "subscribe");
    expect(subscription).toEqual({ type: "subscribe", cameras: ["front"], ack: true, predictions: true, video: [] });
  });

  it("takes two pictures per second while data is saved, also after a reload", async () => {
    const server = await serve(["--name", "front", "testcard:320x240@20"]);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("front", "live"));
    await setSetting(page, "Save data", true);
    const saving = async () =>
      /^live · 2 of 20 fps · \d+ ms behind$/.test(await text(page, `${tile("front")} .status`));
    await until(saving, "two a second are shown");
    await page.reload();
    await until(saving, "two a second are shown again");
    await setSetting(page, "Save data", false);
    await until(async () => /^live · 20 fps/.test(await text(page, `${tile("front")} .status`)), "all are taken");
    expect(complaints).toEqual([]);
  });

  it("holds no connection while it is hidden", async () => {
    const server = await serve(["--name", "front", "testcard:320x240@10"]);
    const { page, complaints } = await open(browser, "about:blank");
    const opened = sockets(page);
    await page.goto(server.url);
    await page.waitForSelector(inState("front", "live"));
    await hide(page, true);
    await until(() => opened[0]?.isClosed(), "the socket is closed");
    await until(async () => (await viewers(server, "front", "websocket")) === 0, "there is no viewer");
    expect(await page.locator(tile("front")).getAttribute("data-state")).toBe("paused");
    await hide(page, false);
    await page.waitForSelector(inState("front", "live"));
    expect((await changes(page, `${tile("front")} canvas`)).at(-1)?.age).toBeLessThan(allow(1000));
    expect(opened.length).toBe(2);
    expect(complaints).toEqual([]);
  });

  it("starts a camera on demand when it is visible, and lets it become idle when it is hidden", async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-page-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const front = { source: "testcard:320x240@10", on_demand: "500ms" };
    writeFileSync(join(folder, "teecam.yaml"), JSON.stringify({ cameras: { front } }));
    const server = await serve(["--config", join(folder, "teecam.yaml")]);
    const state = async () => ((await (await fetch(`${server.url}/cameras/front`)).json()) as { state: string }).state;
    expect(await state()).toBe("idle");
    const { page, complaints } = await open(browser, server.url);
    for (let time = 0; time < 2; time++) {
      await page.waitForSelector(inState("front", "live"));
      expect((await changes(page, `${tile("front")} canvas`)).at(-1)?.age).toBeLessThan(allow(1000));
      await hide(page, true);
      await until(async () => (await state()) === "idle", "it is idle");
      await hide(page, false);
    }
    await page.waitForSelector(inState("front", "live"));
    expect(await text(page, "body > [role=status]")).toBe(""); // being idle is not announced
    expect(complaints).toEqual([]);
  });
});
