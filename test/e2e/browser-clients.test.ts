import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executablePath, launch, open } from "../fixtures/browser.ts";
import { nginx } from "../fixtures/nginx.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { until } from "../fixtures/until.ts";

const colours = { red: "#f00", green: "#0c0", blue: "#00f" } as const;
type Colour = keyof typeof colours;

const hops = `proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Upgrade $http_upgrade;
  proxy_set_header Connection $http_connection;`;

needs(executablePath, "nginx").describe("In Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  /** The colour that covers most of what a page shows; undefined if none of them does. */
  async function seen(page: Page): Promise<Colour | undefined> {
    const image = sharp(await page.screenshot());
    const { width = 0, height = 0 } = await image.metadata();
    const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
    const counts = { red: 0, green: 0, blue: 0 };
    for (let at = 0; at < data.length; at += info.channels) {
      const [red = 0, green = 0, blue = 0] = data.subarray(at, at + 3);
      if (red > 150 && green < 100 && blue < 100) counts.red++;
      else if (green > 90 && red < 100 && blue < 100) counts.green++;
      else if (blue > 150 && red < 100 && green < 100) counts.blue++;
    }
    const [best] = Object.entries(counts).sort(([, a], [, b]) => b - a);
    return best && best[1] > (width * height) / 1000 ? (best[0] as Colour) : undefined;
  }

  it.each(["img", "document", "iframe", "object", "embed"])(
    "each picture is painted when it comes: %s",
    async (how) => {
      const { url } = await serve(["--name", "door", "push"]);
      const push = async (colour: Colour) => {
        const body = await sharp({ create: { width: 320, height: 240, channels: 3, background: colours[colour] } })
          .jpeg()
          .toBuffer();
        await fetch(`${url}/cameras/door/frames`, { method: "POST", body: new Uint8Array(body) });
      };
      const stream = `${url}/stream?repeat=0`; // nothing else brings the next part's headers
      const elements: Record<string, string> = {
        img: `<img width=600 src="${stream}">`,
        iframe: `<iframe width=600 height=400 src="${stream}"></iframe>`,
        object: `<object width=600 height=400 type="image/jpeg" data="${stream}"></object>`,
        embed: `<embed width=600 height=400 type="image/jpeg" src="${stream}">`,
      };
      await push("red");
      const { page } = await open(browser, `${url}/livez`);
      if (how === "document") await page.goto(stream, { waitUntil: "commit" });
      else await page.evaluate(`document.body.innerHTML = ${JSON.stringify(elements[how])}`);
      for (const colour of ["red", "green", "blue"] as const) {
        if (colour !== "red") await push(colour);
        await until(async () => (await seen(page)) === colour, `${colour} is painted`);
      }
    },
  );

  /** Waits until a page shows a camera by one of these transports. */
  async function shows(page: Page, transports: RegExp): Promise<void> {
    const state = () => page.evaluate(`document.querySelector(".tile")?.dataset.transport ?? ""`);
    await until(async () => transports.test(String(await state())), `the page shows a camera: ${transports}`);
  }

  it("the page works behind nginx as it comes, which replaces Host", async () => {
    const { port } = await serve(["testcard:320x240@5"]);
    const proxy = await nginx(`location / { proxy_pass http://127.0.0.1:${port}; }`);
    await shows((await open(browser, `http://127.0.0.1:${proxy}/`)).page, /^(websocket|stream)$/);
  });

  it("the page works behind a proxy that says what it was asked for, WebSocket and all", async () => {
    const { port } = await serve(["testcard:320x240@5"]);
    const headers = "proxy_http_version 1.1; proxy_set_header X-Forwarded-Host $http_host;";
    const upgrade = "proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;";
    const proxy = await nginx(`location / { proxy_pass http://127.0.0.1:${port}; ${headers} ${upgrade} }`);
    await shows((await open(browser, `http://127.0.0.1:${proxy}/`)).page, /^websocket$/);
  });

  it("login and page stay below a path that a proxy cuts off without a word", async () => {
    const env = { TEECAM_TOKEN: "0123456789abcdef" };
    const { port } = await serve(["testcard:320x240@5"], { env });
    const proxy = await nginx(
      `location /cams/ { proxy_pass http://127.0.0.1:${port}/; ${hops} } location / { return 200 "the host's own"; }`,
    );
    const address = `http://127.0.0.1:${proxy}/cams/`;
    const { page } = await open(browser, `${address}?token=${env.TEECAM_TOKEN}`);
    expect(page.url()).toBe(address);
    await shows(page, /^websocket$/);
    const [cookie] = await page.context().cookies();
    expect(cookie?.path).toBe("/cams");
  });

  it("the page works at /cams without a slash where the proxy says what it has cut off", async () => {
    const { port } = await serve(["testcard:320x240@5"]);
    const to = `proxy_pass http://127.0.0.1:${port}/; proxy_set_header X-Forwarded-Prefix /cams; ${hops}`;
    const proxy = await nginx(`location = /cams { ${to} } location /cams/ { ${to} } location / { return 404; }`);
    const { page, complaints } = await open(browser, `http://127.0.0.1:${proxy}/cams`);
    await shows(page, /^websocket$/);
    expect([page.url(), complaints]).toEqual([`http://127.0.0.1:${proxy}/cams`, []]);
  });
});
