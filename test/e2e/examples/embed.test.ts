import { once } from "node:events";
import { createServer } from "node:http";
import { expect, onTestFinished } from "vitest";
import { changes, executablePath, launch, open } from "../../fixtures/browser.ts";
import { configured, instead, read } from "../../fixtures/examples.ts";
import { freePort } from "../../fixtures/ports.ts";
import { needs } from "../../fixtures/programs.ts";
import { until } from "../../fixtures/until.ts";

needs(executablePath).it("A page of another site shows the camera by <img> and by WebSocket", async () => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const { url } = await configured(
    instead(read("embed/teecam.yaml"), [[/"http:\/\/127\.0\.0\.1:8080"/g, `"${origin}"`]]),
  );
  const page = instead(read("embed/index.html"), [
    [/http:\/\/127\.0\.0\.1:8000/g, url],
    [/ws:\/\/127\.0\.0\.1:8000/g, url.replace("http", "ws")],
  ]);
  const site = createServer((_, answer) => void answer.setHeader("Content-Type", "text/html").end(page));
  site.listen(port, "127.0.0.1");
  await once(site, "listening");
  const browser = await launch();
  onTestFinished(async () => {
    await browser.close();
    site.close();
  });
  const tab = await open(browser, `${origin}/`);
  const drawn = await changes(tab.page, "canvas");
  expect(drawn.at(-1)).toMatchObject({ width: 640, height: 480, timecode: expect.anything() });
  const { viewers } = (await (await fetch(`${url}/cameras/front/viewers`)).json()) as {
    viewers: { transport: string }[];
  };
  expect(viewers.map(({ transport }) => transport).sort()).toEqual(["mjpeg", "websocket"]);
  await until(() => tab.page.evaluate("document.querySelector('img').naturalWidth === 640"), "the image is shown");
});
