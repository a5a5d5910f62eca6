// Takes the README's picture, of four drawn places that a teecam of this source shows: npm run screenshots:readme
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { launch } from "../fixtures/browser.ts";
import { inState, text, tile } from "../fixtures/page.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";
import { film, scenes } from "./scenes/film.ts";

const file = fileURLToPath(new URL("../../.github/page.jpg", import.meta.url));
const maxSize = 400_000; // bytes
const fps = { printer: 10, street: 15, desk: 5, garden: 10 } as const;

const folder = await mkdtemp(join(tmpdir(), "teecam-readme-"));
const cameras: Record<string, unknown> = {};
for (const [id, scene] of Object.entries(scenes)) {
  const rate = fps[id as keyof typeof fps];
  await mkdir(join(folder, id));
  for (let number = 0; number < scene.period * rate; number++) {
    const name = `${String(number).padStart(4, "0")}.jpg`;
    await writeFile(join(folder, id, name), await film(scene, number / rate, 960));
  }
  const predict = id === "street" ? { predict: "motion" } : {};
  cameras[id] = { source: `${join(folder, id)}/*.jpg`, loop: true, fps: rate, ...predict };
}
await writeFile(join(folder, "teecam.json"), JSON.stringify({ cameras }));
const server = await serve(["--config", join(folder, "teecam.json")]);
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: "light" });
page.setDefaultTimeout(120_000); // milliseconds, for a machine that does other things as well
await page.goto(server.url);
for (const [id, rate] of Object.entries(fps)) {
  await page.waitForSelector(inState(id, "live"));
  const status = () => text(page, `${tile(id)} .status`);
  const shown = new RegExp(`^live · ${rate} fps · \\d+ ms behind$`);
  await until(async () => shown.test(await status()), `${id} has its rate`);
}
await until(async () => /^motion · \d+ fps/.test(await text(page, `${tile("street")} .predictor`)), "motion is found");
await until(carsAreApart, "cars are in the picture, apart from each other", 120_000);
const jpeg = await page.screenshot({ type: "jpeg", quality: 86 });
await browser.close();
await server.stop();
await rm(folder, { recursive: true });
if (jpeg.length > maxSize) throw new Error(`Cannot use a picture of ${jpeg.length} bytes: at most ${maxSize}`);
await writeFile(file, jpeg);
console.log(`${file}: ${jpeg.length} bytes`);
process.exit();

/** Tells whether motion is seen at two places at least, which are well inside of the picture and apart from each other. */
async function carsAreApart(): Promise<boolean> {
  const answer = await fetch(`${server.url}/cameras/street/predictions`);
  const { result } = (await answer.json()) as { result: { box: { xmin: number; xmax: number } }[] };
  const boxes = result.map(({ box }) => box).sort((a, b) => a.xmin - b.xmin);
  const apart = boxes.every(({ xmin }, index) => xmin > (boxes[index - 1]?.xmax ?? 0) + 20);
  return boxes.length >= 2 && apart && (boxes.at(-1)?.xmax ?? 0) < 940;
}
