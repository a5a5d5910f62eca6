import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { executablePath, launch, open } from "../fixtures/browser.ts";
import { addStyle } from "../fixtures/page.ts";
import { needs } from "../fixtures/programs.ts";
import { scriptServer } from "../fixtures/scripted-server.ts";
import { camerasOf, filmAll, matrix } from "../screenshots/matrix.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Returns what axe finds that is serious or worse, as "rule: element", in a part of the page. */
async function violations(page: Page, within = "document"): Promise<string[]> {
  await page.evaluate(axe);
  return await page.evaluate<string[]>(`axe.run(${within}, { resultTypes: ["violations"] }).then(({ violations }) =>
    violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 120))))`);
}

needs(executablePath).describe("The page, as axe sees it,", () => {
  let browser: Browser;
  let clips: Awaited<ReturnType<typeof filmAll>>;
  let server: Awaited<ReturnType<typeof adapter.serve>>;
  beforeAll(async () => {
    browser = await launch();
    clips = await filmAll();
    server = await adapter.serve(() => createApp({ cameras: new Map() }), { hostname: "127.0.0.1", port: 0 });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close(1000);
  });

  const views = matrix.states.flatMap((state) => matrix.schemes.map((scheme) => ({ state, scheme })));
  it.each(views)("has no serious fault: $state, $scheme; grid, settings, detail view and links", async (view) => {
    const { page } = await open(browser, "about:blank", { colorScheme: view.scheme });
    await scriptServer(page, camerasOf(4, view.state, clips));
    await page.goto(`http://127.0.0.1:${server.port}/`);
    const shown = view.state === "predictor" ? "live" : view.state;
    await page.waitForSelector(`.tile[data-state="${shown}"]`);
    expect(await violations(page)).toEqual([]);
    await page.click("#open-settings");
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.click('[data-camera="street"]');
    await page.waitForSelector(`dialog[data-state="${shown}"]`);
    // Everything outside of a modal dialog is inert, which axe does not know.
    expect(await violations(page, "document.querySelector('dialog')")).toEqual([]);
    await page.click("[popovertarget=links]");
    expect(await violations(page, "document.querySelector('dialog')")).toEqual([]);
  });

  it("says of each tile what is to be known of its camera", async () => {
    const { page } = await open(browser, "about:blank");
    await scriptServer(page, [...camerasOf(1, "live", clips), { id: "door", report: { state: "waiting" } }]);
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.getByRole("link", { name: "printer live, 5 frames per second", exact: true }).waitFor();
    await page.getByRole("link", { name: "door waiting for a source to connect", exact: true }).waitFor();
  });

  it("is looked at: a picture without a name and a pale text are found", async () => {
    const { page } = await open(browser, "about:blank");
    await scriptServer(page, camerasOf(1, "live", clips));
    await page.goto(`http://127.0.0.1:${server.port}/`);
    await page.waitForSelector(`.tile[data-state="live"]`);
    await page.evaluate(`document.body.insertAdjacentHTML("beforeend", "<img src='favicon.svg'>")`);
    await addStyle(page, "#summary { color: #ccc }");
    const found = (await violations(page)).join("\n");
    expect(found).toContain("image-alt");
    expect(found).toContain("color-contrast");
  });
});
