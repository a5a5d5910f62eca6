import { spawn } from "node:child_process";
import process from "node:process";
import { afterAll, beforeAll, expect } from "vitest";
import { changes, executablePath, launch } from "./fixtures/browser.ts";
import { cameras, viewersOf } from "./fixtures/cameras.ts";
import { codeBlock } from "./fixtures/docs.ts";
import { allow } from "./fixtures/machine.ts";
import { needs, pythonWith } from "./fixtures/programs.ts";
import { start, type Teecam } from "./fixtures/teecam.ts";
import { until } from "./fixtures/until.ts";

let server: Teecam;
beforeAll(async () => {
  server = await start(["--name", "front", "testcard:320x240@15", "--name", "back", "testcard:320x240@15"]);
});
afterAll(() => server?.stop());

/** Returns the documentation's code of a language that contains `part`, with the address of this test's server. */
function code(language: string, part: string): string {
  return codeBlock(language, part).replaceAll("127.0.0.1:8000", `127.0.0.1:${server.port}`);
}

/** Returns how many pictures each camera has sent at least to a viewer that acknowledges them. */
async function acknowledged(): Promise<number> {
  const sent = ["front", "back"].map(async (camera) => {
    const answer = await fetch(`${server.url}/cameras/${camera}/viewers`);
    const { viewers } = (await answer.json()) as { viewers: { pace: string; sent: number }[] };
    return viewers.find(({ pace }) => pace === "acks")?.sent ?? 0;
  });
  return Math.min(...(await Promise.all(sent)));
}

needs(executablePath).it("has a client for browsers that draws all cameras as printed", async () => {
  const script = code("js", "new Blob([new Uint8Array");
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(20);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/cameras`);
    await page.evaluate("document.body.append(document.createElement('canvas'))");
    await page.evaluate(script);
    await until(async () => (await acknowledged()) > 15, "pictures are drawn and acknowledged");
    const colours = await page.evaluate(
      `new Set(document.querySelector("canvas").getContext("2d").getImageData(0, 0, 300, 150).data).size`,
    );
    expect(colours).toBeGreaterThan(10);
  } finally {
    await browser.close();
  }
});

needs(executablePath, "ffmpeg").it("has a client for browsers that decodes H.264 as printed", async () => {
  const script = code("js", "new VideoDecoder");
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(25);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/cameras`);
    const isSupported = 'VideoDecoder.isConfigSupported({ codec: "avc1.42c01e" }).then(({ supported }) => supported)';
    expect(await page.evaluate(isSupported)).toBe(true);
    await page.setContent("<canvas width=320 height=240></canvas>");
    await page.evaluate(script);
    const shown = await changes(page, "canvas", 5);
    expect(shown.filter(({ timecode }) => timecode).length).toBeGreaterThan(2); // it is the test card, and not torn
    const [{ video }] = await cameras(server);
    expect(video).toMatchObject({ state: "live", readers: 1, restarts: 0 });
    const [viewer] = await viewersOf(server, "front");
    expect(viewer).toMatchObject({ pace: "acks", dropped: { rate: 0, age: 0 } });
    expect(viewer.lag).toBeLessThan(allow(1000));
  } finally {
    await browser.close();
  }
});

needs(executablePath, "ffmpeg").it("has a player for browsers by WebRTC that works as printed", async () => {
  const script = code("js", "new RTCPeerConnection");
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(20);
  const browser = await launch();
  try {
    const page = await browser.newPage();
    await page.goto(`${server.url}/livez`);
    await page.evaluate("document.body.innerHTML = '<video autoplay muted playsinline></video>'");
    await page.evaluate(`(async () => { ${script} })()`);
    const count = 'document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames';
    await until(async () => Number(await page.evaluate(count)) > 5, "pictures are presented");
    expect(await page.evaluate('document.querySelector("video").videoWidth')).toBe(320);
  } finally {
    await browser.close();
  }
});

/** A Python that knows the library the README's client needs. */
const python = pythonWith("websockets");

needs(python).it("has a client for Python that works as printed", async () => {
  const script = code("python", "teecam.v1");
  expect(script.trim().split("\n").length).toBeLessThanOrEqual(20);
  const child = spawn(python, ["-c", script], { env: { ...process.env, PYTHONUNBUFFERED: "1" } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  try {
    await until(() => (output.match(/^(front|back) \d+ \d{4,}$/gm)?.length ?? 0) > 15, `pictures come: ${output}`);
    expect(await acknowledged()).toBeGreaterThan(3);
  } finally {
    child.kill();
  }
});
