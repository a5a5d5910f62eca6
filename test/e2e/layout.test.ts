import { expect, it } from "vitest";
import { executablePath, open } from "../fixtures/browser.ts";
import { filmedPage } from "../fixtures/filmed-page.ts";
import { addStyle } from "../fixtures/page.ts";
import { needs } from "../fixtures/programs.ts";
import { scriptServer } from "../fixtures/scripted-server.ts";
import { until } from "../fixtures/until.ts";
import { layoutFaults } from "../screenshots/layout-faults.ts";
import { camerasOf, matrix } from "../screenshots/matrix.ts";

needs(executablePath).describe("The layout of the page", () => {
  const filmed = filmedPage();

  /** Opens the page with scripted cameras, and waits until it shows their state. */
  async function show(count: number, state: (typeof matrix.states)[number], hash = "") {
    const { page, complaints } = await open(filmed.browser, "about:blank");
    await scriptServer(page, camerasOf(count, state, filmed.clips));
    await page.goto(`${filmed.url}${hash}`);
    const shown = state === "predictor" ? "live" : state;
    await page.waitForSelector(`${hash ? "dialog" : ".tile"}[data-state="${shown}"]`);
    return { page, complaints };
  }

  const views = matrix.counts.flatMap((count) => matrix.states.map((state) => ({ count, state })));
  it.each(views)("shows all of $count cameras ($state), their names first, in windows of all sizes", async (view) => {
    const { page } = await show(view.count, view.state);
    for (const window of matrix.windows) {
      await page.setViewportSize(window);
      // A rate or a duration may change the moment at which a line wraps: what counts is what it settles at.
      await until(async () => String(await layoutFaults(page)) === "", `nothing is cut off at ${window.width}`).catch(
        async () => expect(await layoutFaults(page)).toEqual([]),
      );
    }
  });

  it.each(matrix.states)("shows all of the detail view (%s) in windows of all sizes", async (state) => {
    const { page } = await show(4, state, "#street");
    for (const window of matrix.windows) {
      await page.setViewportSize(window);
      await until(async () => String(await layoutFaults(page)) === "", `nothing is cut off at ${window.width}`).catch(
        async () => expect(await layoutFaults(page)).toEqual([]),
      );
    }
  });

  it("is measured: a name that is cut off, texts that overlap and a page that is too wide are found", async () => {
    const { page } = await show(4, "live");
    const faultsWith = async (content: string) => {
      await addStyle(page, content);
      return (await layoutFaults(page)).join("\n");
    };
    expect(await faultsWith("")).toBe("");
    expect(await faultsWith(".name { width: 2rem; overflow: hidden; white-space: nowrap }")).toContain("is cut off");
    expect(await faultsWith(".name { height: 0; overflow: hidden }")).toContain("is outside of .name");
    expect(await faultsWith(".name { font-size: 0 }")).toContain("is not to be seen");
    expect(await faultsWith(".status { position: absolute; left: 2rem }")).toContain("overlaps");
    expect(await faultsWith("#cameras { width: 120vw }")).toContain("wider than its window");
  });
});
