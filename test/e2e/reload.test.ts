import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { changes, executablePath, launch, look, open } from "../fixtures/browser.ts";
import { allow } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

const tile = (id: string) => `[data-camera="${id}"]`;
const ratio = ({ width, height }: { width: number; height: number }) => width / height;
const live = (id: string) => `${tile(id)}[data-state="live"]`;

needs(executablePath).describe("The page, when the configuration changes", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  it("shows the cameras there are then over the same connection, and goes on with those that stay", async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "teecam.yaml");
    const write = (cameras: Record<string, string>) => {
      const entries = Object.entries(cameras).map(([id, size]) => [id, { source: `testcard:${size}` }]);
      writeFileSync(file, JSON.stringify({ cameras: Object.fromEntries(entries) }));
    };
    write({ front: "320x240@10", back: "320x240@10", shed: "320x240@10" });
    const server = await serve(["--config", file]);
    const { page, complaints } = await open(browser, "about:blank");
    let sockets = 0;
    page.on("websocket", () => sockets++);
    await page.goto(server.url);
    for (const id of ["front", "back", "shed"]) await page.waitForSelector(live(id));
    await page.evaluate(`document.querySelector('${tile("front")}').kept = true`);

    write({ new: "320x240@10", front: "320x240@10", back: "640x240@10" });
    process.kill(server.child.pid ?? 0, "SIGHUP");
    await page.waitForSelector(live("new"));
    await page.waitForSelector(tile("shed"), { state: "detached" });
    await page.waitForSelector(live("back"));
    await until(async () => ratio(await look(page, `${tile("back")} canvas`)) > 2, "the new picture is shown");
    await changes(page, `${tile("back")} canvas`);
    for (const id of ["new", "front"]) {
      for (const { age } of (await changes(page, `${tile(id)} canvas`, 2)).slice(1))
        expect(age).toBeLessThan(allow(1000));
    }
    const ids = await page.locator("[data-camera]").evaluateAll((all) => all.map((one) => one.dataset.camera));
    expect(ids).toEqual(["new", "front", "back"]);
    expect(await page.evaluate(`document.querySelector('${tile("front")}').kept`)).toBe(true);

    write({ new: "320x240@10", front: "320x240@10", back: "240x320@10" }); // nothing comes or goes
    process.kill(server.child.pid ?? 0, "SIGHUP");
    await until(async () => ratio(await look(page, `${tile("back")} canvas`)) < 1, "the newest picture is shown");
    await changes(page, `${tile("back")} canvas`);
    expect(sockets).toBe(1);
    expect(complaints).toEqual([]);
  });
});
