import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { executablePath, open } from "../fixtures/browser.ts";
import { filmedPage } from "../fixtures/filmed-page.ts";
import { addStyle } from "../fixtures/page.ts";
import { needs } from "../fixtures/programs.ts";
import { scriptServer } from "../fixtures/scripted-server.ts";
import { camerasOf, matrix } from "../screenshots/matrix.ts";

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
  const filmed = filmedPage();

  const views = matrix.states.flatMap((state) => matrix.schemes.map((scheme) => ({ state, scheme })));
  it.each(views)("has no serious fault: $state, $scheme; grid, settings, detail view and links", async (view) => {
    const { page } = await open(filmed.browser, "about:blank", { colorScheme: view.scheme });
    await scriptServer(page, camerasOf(4, view.state, filmed.clips));
    await page.goto(filmed.url);
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
    const { page } = await open(filmed.browser, "about:blank");
    await scriptServer(page, [...camerasOf(1, "live", filmed.clips), { id: "door", report: { state: "waiting" } }]);
    await page.goto(filmed.url);
    await page.getByRole("link", { name: "printer live, 5 frames per second", exact: true }).waitFor();
    await page.getByRole("link", { name: "door waiting for a source to connect", exact: true }).waitFor();
  });

  it("is looked at: a picture without a name and a pale text are found", async () => {
    const { page } = await open(filmed.browser, "about:blank");
    await scriptServer(page, camerasOf(1, "live", filmed.clips));
    await page.goto(filmed.url);
    await page.waitForSelector(`.tile[data-state="live"]`);
    await page.evaluate(`document.body.insertAdjacentHTML("beforeend", "<img src='favicon.svg'>")`);
    await addStyle(page, "#summary { color: #ccc }");
    const found = (await violations(page)).join("\n");
    expect(found).toContain("image-alt");
    expect(found).toContain("color-contrast");
  });
});
