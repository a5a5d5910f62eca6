import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { executablePath, launch } from "../fixtures/browser.ts";
import { cameras, viewersOf } from "../fixtures/cameras.ts";
import { allow } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";
import { start, type Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { leave, peerPage, shown, watch } from "./chromium.ts";

needs(executablePath, "ffmpeg").describe("WHEP in Chromium", () => {
  let server: Teecam;
  let browser: Browser;
  beforeAll(async () => {
    server = await start(["--name", "card", "testcard:640x480@15"]);
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  it("shows the camera, and tells how it arrives", async () => {
    const page = await peerPage(browser, server.url);
    await watch(page, "/cameras/card/whep");
    await until(async () => (await shown(page)).pictures > 30, "pictures are presented");
    const { state, width, timecodes, first } = await shown(page);
    expect([state, width]).toEqual(["connected", 640]);
    expect(first).toBeLessThan(allow(2000));
    const ages = timecodes.map(({ age }) => age).sort((one, other) => one - other);
    expect(ages[Math.floor(ages.length / 2)]).toBeLessThan(allow(300));
    const isNew = ({ frame }: { readonly frame: number }, n: number) => frame > (timecodes[n - 1]?.frame ?? -1);
    expect(timecodes.length).toBeGreaterThan(20);
    expect(timecodes.every(isNew)).toBe(true);
    console.log(
      "first",
      first,
      "age p50",
      ages[ages.length >> 1],
      "p95",
      ages[Math.floor(0.95 * ages.length)],
      ages.length,
    );
    const viewer = await until(async () => {
      const [one] = await viewersOf(server, "card");
      return one?.webrtc?.rtt !== null && one;
    }, "it reports the round trip");
    expect(viewer).toMatchObject({ transport: "webrtc", pace: "rtp", webrtc: { loss: 0, nacks: 0 } });
    expect(viewer.webrtc.rtt).toBeLessThan(allow(100));
    await leave(page);
    await until(async () => (await viewersOf(server, "card")).length === 0, "it is gone");
    const [{ video }] = await cameras(server);
    expect(video).toMatchObject({ restarts: 0, readers: 0 });
  });
});
