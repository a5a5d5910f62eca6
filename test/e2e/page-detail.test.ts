import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { changes, executablePath, launch, look, open } from "../fixtures/browser.ts";
import { allow } from "../fixtures/machine.ts";
import { detailCanvas, detailInState, inState, text, tile } from "../fixtures/page.ts";
import { picture } from "../fixtures/picture.ts";
import { freePort } from "../fixtures/ports.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

/** Writes a configuration of cameras, and returns its path and a function that writes another one. */
function configuration(cameras: Readonly<Record<string, unknown>>, server: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), "teecam-detail-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "teecam.yaml");
  const write = (cameras: Readonly<Record<string, unknown>>) =>
    writeFileSync(file, JSON.stringify({ server, cameras }));
  write(cameras);
  return { file, write };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Returns where an element is shown, with all its transforms. */
const boxOf = (page: Page, selector: string): Promise<Box> =>
  page.evaluate<Box>(`(() => {
    const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
    return { x, y, width, height };
  })()`);

/** Returns how the style sheet transforms a picture: the four numbers of a matrix, without the translation. */
const transformOf = (page: Page, selector: string): Promise<string> =>
  page.evaluate<string>(`(() => {
    const { a, b, c, d } = new DOMMatrix(getComputedStyle(document.querySelector(${JSON.stringify(selector)})).transform);
    return [a, b, c, d].map(Math.round).join();
  })()`);

const card = (id: string, size = "320x240@10") => ["--name", id, `testcard:${size}`];

needs(executablePath).describe("The detail view in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it("is live in six windows of one browser, and a seventh loads", async () => {
    const server = await serve(card("yard", "320x240@5"));
    const { page } = await open(browser, `${server.url}/#yard`);
    const windows = [page];
    for (let opened = 1; opened < 6; opened++) {
      const next = await page.context().newPage();
      await next.goto(`${server.url}/#yard`);
      windows.push(next);
    }
    for (const window of windows) await window.waitForSelector(detailInState("yard", "live"), { timeout: 120_000 });
    const seventh = await page.context().newPage();
    await seventh.goto(server.url);
    await seventh.waitForSelector(inState("yard", "live"), { timeout: 120_000 });
  });

  it("names the camera in the title of the page", async () => {
    const server = await serve([...card("yard"), ...card("door")]);
    const { page } = await open(browser, `${server.url}/#yard`);
    await page.waitForSelector(detailInState("yard", "live"));
    expect(await page.title()).toBe("yard · teecam");
    await page.keyboard.press("ArrowRight");
    await until(async () => (await page.title()) === "door · teecam", "the title is that of the next camera");
    await page.keyboard.press("Escape");
    await until(async () => (await page.title()) === "teecam", "the title is that of the grid");
  });

  it("enlarges the picture by wheel, pinch, double click and keys, around the pointer", async () => {
    const server = await serve(card("yard", "1600x900@10"));
    const { page, complaints } = await open(browser, `${server.url}/#yard`, {
      viewport: { width: 800, height: 600 },
      hasTouch: true,
    });
    await page.waitForSelector(detailInState("yard", "live"));
    const whole = await boxOf(page, detailCanvas);
    const scale = async () => (await boxOf(page, detailCanvas)).width / whole.width;
    const pixels = async () => (await look(page, detailCanvas)).width;
    await until(async () => (await pixels()) === 800, "the canvas has the pixels of the screen");

    const point = { x: whole.x + whole.width / 4, y: whole.y + whole.height / 4 };
    const under = async () => {
      const { x, y, width, height } = await boxOf(page, detailCanvas);
      return [(point.x - x) / width, (point.y - y) / height].map((share) => Math.round(share * 100));
    };
    await page.mouse.move(point.x, point.y);
    for (let turn = 0; turn < 4; turn++) await page.mouse.wheel(0, -100);
    await until(async () => (await scale()) > 2, "the wheel has enlarged it");
    expect(await under()).toEqual([25, 25]);
    await until(async () => (await pixels()) > 1500, "the canvas has the pixels of the camera");
    expect(await text(page, ".scale")).toBe(`${(await scale()).toFixed(1)}×`);

    const before = await boxOf(page, detailCanvas);
    await page.mouse.down();
    await page.mouse.move(point.x + 40, point.y + 30, { steps: 4 });
    await page.mouse.up();
    const dragged = await boxOf(page, detailCanvas);
    expect([dragged.x - before.x, dragged.y - before.y].map(Math.round)).toEqual([40, 30]);
    await page.mouse.down();
    await page.mouse.move(point.x + 4000, point.y, { steps: 4 });
    await page.mouse.up();
    expect((await boxOf(page, detailCanvas)).x).toBeLessThanOrEqual(whole.x + 1); // it always covers its frame

    await page.keyboard.press("0");
    await until(async () => (await scale()) === 1, "the whole picture is shown");
    expect(await page.locator(".scale").isVisible()).toBe(false);
    await page.mouse.dblclick(point.x, point.y);
    await until(async () => (await scale()) === 2.5, "a double click has enlarged it");
    await page.click(".scale");
    await page.keyboard.press("+");
    await until(async () => (await scale()) === 1.5, "a key has enlarged it");
    await page.keyboard.press("-");

    const devtools = await page.context().newCDPSession(page);
    const touch = (type: "touchStart" | "touchMove" | "touchEnd", distance: number) =>
      devtools.send("Input.dispatchTouchEvent", {
        type,
        touchPoints: distance
          ? [-1, 1].map((side, id) => ({ x: point.x + (side * distance) / 2, y: point.y, id }))
          : [],
      });
    await touch("touchStart", 40);
    for (const distance of [50, 70, 90, 120]) await touch("touchMove", distance);
    await touch("touchEnd", 0);
    await until(async () => Math.abs((await scale()) - 3) < 0.05, "two fingers have enlarged it");
    expect(complaints).toEqual([]);
  });

  it("rotates and mirrors a camera here and in the grid, also after a reload", async () => {
    const server = await serve([...card("yard", "640x360@10"), ...card("door", "640x360@10")]);
    const { page, complaints } = await open(browser, `${server.url}/#yard`);
    await page.waitForSelector(detailInState("yard", "live"));
    const canvas = () => transformOf(page, detailCanvas);
    expect(await canvas()).toBe("1,0,0,1");
    await page.keyboard.press("r");
    await until(async () => (await canvas()) === "0,1,-1,0", "it is turned clockwise");
    const [picture, frame] = [await boxOf(page, detailCanvas), await boxOf(page, "dialog .frame")];
    expect(picture).toEqual(frame); // a canvas of the frame's shape, on its side
    await page.click("[data-action=mirror]");
    // What was to be seen is mirrored from left to right: a turn seen in a mirror.
    await until(async () => (await canvas()) === "0,1,1,0", "it is mirrored as well");

    await page.reload();
    await page.waitForSelector(detailInState("yard", "live"));
    expect(await canvas()).toBe("0,1,1,0");
    await page.keyboard.press("Escape");
    await page.waitForSelector(inState("yard", "live"));
    expect(await transformOf(page, `${tile("yard")} canvas`)).toBe("0,1,1,0");
    expect(await transformOf(page, `${tile("door")} canvas`)).toBe("1,0,0,1");
    await until(async () => {
      const { width, height } = await boxOf(page, `${tile("yard")} .frame`);
      return Math.abs(width / height - 4 / 3) < 0.02; // as upright as tiles get
    }, "the tile has the shape of the picture on its side");
    expect(complaints).toEqual([]);
  });

  it("offers the URLs of stream, snapshot and WebSocket, and signed ones to admins alone", async () => {
    const tokens = [{ token: "viewer-token", rights: ["view"] }];
    const { file } = configuration(
      { yard: { source: "testcard:320x240@10" } },
      { auth: { token: "admin-token", tokens, secret: "a secret of the test" } },
    );
    const server = await serve(["--config", file]);
    const permissions = ["clipboard-read", "clipboard-write"];
    const { page, complaints } = await open(browser, `${server.url}/?token=admin-token`, { permissions });
    await page.click(`${tile("yard")} canvas`);
    await page.waitForSelector(detailInState("yard", "live"));
    await page.click("[popovertarget=links]");
    const urls = () =>
      page
        .locator("#links input")
        .evaluateAll((fields) => fields.map((field) => (field as unknown as { value: string }).value));
    const plain = ["stream", "snapshot"].map((name) => `${server.url}/cameras/yard/${name}`);
    const socket = `${server.url.replace("http", "ws")}/cameras/yard/ws`;
    expect(await urls()).toEqual([...plain, socket]);
    expect((await fetch(plain[1] ?? "")).status).toBe(401);

    await page.getByRole("button", { name: "Copy Snapshot" }).click();
    await until(async () => (await page.evaluate("navigator.clipboard.readText()")) === plain[1], "the URL is copied");
    expect(await text(page, "dialog > [role=status]")).toBe("Snapshot copied");

    await page.locator("#links select").selectOption({ label: "for everyone, for a day" });
    await until(async () => (await urls()).every((url) => url.includes("signature=")), "all are signed");
    const [stream = "", snapshot = ""] = await urls();
    expect((await fetch(snapshot)).status).toBe(200);
    const response = await fetch(stream);
    expect(response.status).toBe(200);
    await response.body?.cancel();
    const expires = Number(new URL(snapshot).searchParams.get("expires")) - Date.now() / 1000;
    expect(Math.abs(expires - 86_400)).toBeLessThan(allow(60));
    expect(complaints).toEqual([]);

    const viewer = await open(browser, `${server.url}/?token=viewer-token`);
    await viewer.page.click(`${tile("yard")} canvas`);
    await viewer.page.waitForSelector(detailInState("yard", "live"));
    await viewer.page.click("[popovertarget=links]");
    await viewer.page.locator("#links input").first().waitFor();
    expect(await viewer.page.locator("#links select").isVisible()).toBe(false);
    expect(await viewer.page.evaluate("fetch('cameras/yard/signature').then(({ status }) => status)")).toBe(403);
  });

  it("goes on in a window of its own while the page is hidden, until it is closed", async () => {
    const server = await serve([...card("yard"), ...card("door")]);
    const { page, complaints } = await open(browser, `${server.url}/#yard`);
    await page.waitForSelector(detailInState("yard", "live"));
    await page.click("[data-action=pip]");
    const hasWindow = () => page.evaluate<boolean>("document.pictureInPictureElement !== null");
    await until(hasWindow, "the window is open");
    expect(await page.getAttribute("[data-action=pip]", "aria-pressed")).toBe("true");
    await page.evaluate(
      `document.pictureInPictureElement.id = "window"; document.body.append(document.pictureInPictureElement)`,
    );
    const hide = (hidden: boolean) =>
      page.evaluate(`Object.defineProperty(document, "hidden", { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event("visibilitychange"))`);
    await hide(true);
    const times = (await changes(page, "#window", 5)).map(({ timecode }) => timecode?.time ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(new Set(times).size).toBeGreaterThanOrEqual(5);

    await page.evaluate("document.exitPictureInPicture()");
    const viewers = async () =>
      ((await (await fetch(`${server.url}/cameras/yard`)).json()) as { viewers: number }).viewers;
    await until(async () => !(await hasWindow()) && (await viewers()) === 0, "nobody sees it, and nothing is sent");
    await hide(false);
    await page.waitForSelector(detailInState("yard", "live"));
    expect(complaints).toEqual([]);
  });

  it("leads back to the grid from a camera that does not exist or has been removed, and says so", async () => {
    const yard = { source: "testcard:320x240@10" };
    const { file, write } = configuration({ yard, door: yard });
    const server = await serve(["--config", file]);
    const { page } = await open(browser, `${server.url}/#nowhere`);
    await page.waitForSelector(inState("yard", "live"));
    expect(await page.locator("dialog").isVisible()).toBe(false);
    expect(new URL(page.url()).hash).toBe("");
    expect(await text(page, "#toast")).toBe("There is no camera nowhere");

    await page.click(`${tile("door")} canvas`);
    await page.waitForSelector(detailInState("door", "live"));
    write({ yard });
    await page.waitForSelector("dialog", { state: "hidden" });
    expect(await text(page, "#toast")).toBe("Camera door has been removed");
    await page.waitForSelector(inState("yard", "live"));
    expect(await page.locator(tile("door")).count()).toBe(0);
    expect(new URL(page.url()).hash).toBe("");
  });

  it("shows no picture of a former server for a camera that waits, neither here nor in the grid", async () => {
    const port = await freePort();
    const args = ["--port", String(port), "--name", "door", "push"];
    const first = await serve(args);
    const jpeg = new Uint8Array(await picture(1));
    const push = () =>
      fetch(`http://127.0.0.1:${port}/cameras/door/frames`, {
        method: "POST",
        body: jpeg,
        headers: { "Content-Type": "image/jpeg" },
      });
    const { page } = await open(browser, first.url);
    const large = await open(browser, `${first.url}/#door`);
    const shown = async () => [
      (await look(page, `${tile("door")} canvas`)).width > 0,
      (await look(large.page, detailCanvas)).width > 0,
    ];
    await page.waitForSelector(tile("door"));
    await until(async () => {
      await push();
      return String(await shown()) === "true,true";
    }, "both show the picture");
    await first.stop();
    await page.waitForSelector(inState("door", "unreachable"));
    expect(await shown()).toEqual([true, true]); // while nobody knows better
    await serve(args);
    await page.waitForSelector(inState("door", "waiting"));
    await large.page.waitForSelector(detailInState("door", "waiting"));
    await until(async () => String(await shown()) === "false,false", "neither shows it");
    expect(await text(page, `${tile("door")} .notice`)).toBe("waiting for a source to connect");
  });

  it("offers synchronized boxes only where something predicts", async () => {
    const source = "testcard:320x240@10";
    const { file, write } = configuration({ yard: { source } });
    const server = await serve(["--config", file]);
    const { page } = await open(browser, server.url);
    await page.waitForSelector(inState("yard", "live"));
    const offered = (scope: string) => page.locator(`${scope} [data-toggle=sync-boxes]`).isVisible();
    await page.click("#open-settings");
    expect(await offered("#settings")).toBe(false);
    await page.keyboard.press("Escape");
    write({ yard: { source }, door: { source, predict: "motion" } });
    await page.waitForSelector(inState("door", "live"));
    await page.click("#open-settings");
    await until(() => offered("#settings"), "it is offered in the grid");
    await page.keyboard.press("Escape");
    await page.click(`${tile("yard")} canvas`);
    await page.waitForSelector(detailInState("yard", "live"));
    expect(await offered("dialog")).toBe(false);
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(detailInState("door", "live"));
    await until(() => offered("dialog"), "it is offered for the camera with a predictor");
  });

  it("shows the last picture of a camera that is not live, with the cause and its age", async () => {
    const jpeg = join(mkdtempSync(join(tmpdir(), "teecam-last-")), "last.jpg");
    onTestFinished(() => rmSync(dirname(jpeg), { recursive: true }));
    writeFileSync(jpeg, await picture(1));
    const command = ["sh", "-c", `cat ${jpeg}; sleep 1; echo out of paper >&2; exit 3`];
    const { file } = configuration({ yard: { command } });
    const server = await serve(["--config", file]);
    const { page } = await open(browser, server.url);
    await page.waitForSelector(tile("yard"));
    const notice = () => text(page, `${tile("yard")} .notice`);
    await until(async () => /exited with code 3.*last frame .* ago$/.test(await notice()), "cause and age are told");
    expect(await notice()).toMatch(/^(last run: )?(program |sh )?exited with code 3/);
    expect((await look(page, `${tile("yard")} canvas`)).width).toBeGreaterThan(0);
  });
});
