import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executablePath, launch, open } from "../fixtures/browser.ts";
import { detailInState, inState, text } from "../fixtures/page.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

const ids = ["one", "two", "three"];
const cards = ids.flatMap((id) => ["--name", id, "testcard:160x120@5"]);
/** Returns the cameras of the grid in the order in which they are shown. */
const order = (page: Page) =>
  page.evaluate<string>(`[...document.querySelectorAll(".tile")].map((tile) => tile.dataset.camera).join()`);
const focused = (page: Page) => page.evaluate<string | null>("document.activeElement?.getAttribute('aria-label')");

needs(executablePath).describe("The arrangement of cameras in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser?.close());

  it("is that of the server until the user moves cameras, by the keyboard alone, and stays after a reload", async () => {
    const server = await serve(cards);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("three", "live"));
    expect(await order(page)).toBe("one,two,three");
    await page.focus("#open-settings");
    await page.keyboard.press("Enter");
    await page.getByLabel("Move three up").focus();
    await page.keyboard.press("Enter");
    await until(async () => (await order(page)) === "one,three,two", "it has moved");
    expect(await focused(page)).toBe("Move three up"); // and can be moved on
    await page.keyboard.press("Enter");
    await until(async () => (await order(page)) === "three,one,two", "it is the first");
    expect(await focused(page)).toBe("Move three down");
    await page.keyboard.press("Escape");
    await page.reload();
    await page.waitForSelector(inState("two", "live"));
    expect(await order(page)).toBe("three,one,two");
    expect(complaints).toEqual([]);
  });

  it("leaves hidden cameras out of the grid and of the way from one to the next, and says how many", async () => {
    const server = await serve(cards);
    const { page, complaints } = await open(browser, server.url);
    await page.waitForSelector(inState("two", "live"));
    await page.click("#open-settings");
    await page.getByRole("checkbox", { name: "two" }).uncheck();
    await until(async () => (await order(page)) === "one,three", "it is hidden");
    await until(async () => (await text(page, "#summary")) === "2 cameras · 2 live · 1 hidden", "this is told");
    expect(await text(page, "body > [role=status]")).not.toContain("two"); // it has not been removed
    await page.keyboard.press("Escape");
    await page.reload();
    await page.waitForSelector(inState("one", "live"));
    expect(await order(page)).toBe("one,three");
    await page.click('[data-camera="one"] canvas');
    await page.waitForSelector(detailInState("one", "live"));
    await page.keyboard.press("ArrowRight");
    await page.waitForSelector(detailInState("three", "live"));
    await page.goto(`${server.url}/#two`); // a link leads to it all the same
    await page.waitForSelector(detailInState("two", "live"));
    await page.keyboard.press("Escape");
    await page.click("#open-settings");
    await page.getByRole("checkbox", { name: "two" }).check();
    await until(async () => (await order(page)) === "one,two,three", "it is back at its place");
    expect(complaints).toEqual([]);
  });
});
