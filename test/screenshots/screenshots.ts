// Writes pictures of the page into the folder "screenshots": all of the matrix, each in the grid and, for one camera, in the
// detail view. Words of the command line choose those whose names contain them, as in: npm run screenshots -- 12-390 dark
import { mkdir, rm } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { launch } from "../fixtures/browser.ts";
import { scriptServer } from "../fixtures/scripted-server.ts";
import { layoutFaults } from "./layout-faults.ts";
import { camerasOf, filmAll, type MatrixState, matrix } from "./matrix.ts";

const folder = fileURLToPath(new URL("../../screenshots/", import.meta.url));
const words = process.argv.slice(2);
const settleTime = 1000; // milliseconds, for pictures and rates to be shown

/** What one page shows, in windows of all sizes and in both colour schemes. */
interface View {
  readonly count: number;
  readonly state: MatrixState;
  readonly detail: boolean;
}

interface Shot {
  readonly name: string;
  readonly window: (typeof matrix.windows)[number];
  readonly scheme: (typeof matrix.schemes)[number];
}

const views = matrix.counts
  .flatMap((count) => matrix.states.map((state) => ({ count, state })))
  .flatMap((view): View[] => [false, ...(view.count === 4 ? [true] : [])].map((detail) => ({ ...view, detail })));

if (words.length === 0) await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const clips = await filmAll();
const server = await adapter.serve(() => createApp({ cameras: new Map() }), { hostname: "127.0.0.1", port: 0 });
const browser = await launch();
let taken = 0;
let faulty = 0;
for (const view of views) {
  const shots = shotsOf(view);
  if (shots.length > 0) await takeAll(browser, view, shots);
}
await browser.close();
await server.close(1000);
console.log(`${taken} screenshots in ${folder}, ${faulty} with faults of the layout`);
process.exit(faulty > 0 ? 1 : 0);

function shotsOf({ count, state, detail }: View): Shot[] {
  const suffix = detail ? "-detail" : "";
  return matrix.windows
    .flatMap((window) => matrix.schemes.map((scheme) => ({ window, scheme })))
    .map((shot) => ({ ...shot, name: `${count}-${shot.window.width}-${state}-${shot.scheme}${suffix}` }))
    .filter(({ name }) => words.every((word) => name.includes(word)));
}

/** Takes screenshots of a view, and reports the faults of its layout. */
async function takeAll(browser: Browser, { count, state, detail }: View, shots: readonly Shot[]): Promise<void> {
  const context = await browser.newContext({ deviceScaleFactor: 1 });
  const page = await context.newPage();
  await scriptServer(page, camerasOf(count, state, clips));
  await page.goto(`http://127.0.0.1:${server.port}/${detail ? "#street" : ""}`);
  const shown = state === "predictor" ? "live" : state;
  await page.waitForSelector(`${detail ? "dialog" : ".tile"}[data-state="${shown}"]`);
  for (const { name, window, scheme } of shots) {
    await page.setViewportSize(window);
    await page.emulateMedia({ colorScheme: scheme });
    await page.waitForTimeout(settleTime);
    const faults = await layoutFaults(page);
    await page.screenshot({ path: `${folder}${name}.png` });
    console.log([name, ...faults].join("\n  "));
    taken++;
    if (faults.length > 0) faulty++;
  }
  await context.close();
}
