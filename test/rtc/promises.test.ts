import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import { executablePath, launch } from "../fixtures/browser.ts";
import { cleanUp } from "../fixtures/clean-up.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";
import { aiortcPeer, aiortcPython, chromiumPeers, type StartPeer, type TestPeer } from "./peers.ts";
import { type RtcServer, rtcServer } from "./server.ts";

const card = "testcard:160x120@10";
let browser: Browser | undefined;
let clip = "";
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "teecam-rtc-"));
  cleanUp(() => rmSync(folder, { recursive: true, force: true }));
  clip = join(folder, "clip.mp4");
  const input = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10", "-t", "8", "-pix_fmt", "yuv420p"];
  execFileSync("ffmpeg", ["-v", "error", ...input, clip]);
  browser = await launch();
});
afterAll(() => browser?.close());

const kinds: [name: string, program: string, start: StartPeer, end: string][] = [
  ["Chromium", executablePath, chromiumPeers(() => browser as Browser), "ended"],
  ["aiortc", aiortcPython, aiortcPeer, "MediaStreamError"],
];

/** Waits for so many more pictures of a peer. */
async function more(peer: TestPeer, count: number): Promise<void> {
  const before = await peer.pictures();
  await until(async () => (await peer.pictures()) >= before + count, `${count} more pictures come`, 40_000);
}

const watched = (server: RtcServer) => server.camera.video?.readers ?? 0;
const remove = async ({ url }: RtcServer, peer: TestPeer) =>
  await fetch(`${url}${await peer.location()}`, { method: "DELETE" });

for (const [name, program, start, end] of kinds)
  needs(program, "ffmpeg").describe(`A peer by ${name}`, () => {
    it("sees a camera that ran before anybody listened, and its encoder and source stop when all have left", async () => {
      const camera = new Camera({ id: "front", source: card, onDemand: 500 }, adapter);
      const server = await rtcServer(camera);
      const peer = await start(server);
      await more(peer, 5);
      await peer.close();
      await until(() => camera.video?.state.state === "idle", "the encoder has stopped");
      await until(() => camera.state.state === "idle", "the source has stopped");
      expect(server.rtc.ended).toMatchObject({ left: 1, lost: 0 });
    });

    it("gets every picture, as the other one does, and none the less when one closes, is deleted or vanishes", async () => {
      const server = await rtcServer({ source: card });
      const [stays, ...others] = [await start(server), await start(server), await start(server), await start(server)];
      const [closes, deleted, vanishes] = others;
      if (!stays || !closes || !deleted || !vanishes) throw new Error("too few peers");
      for (const peer of [stays, ...others]) await more(peer, 1);
      const coded = () => server.camera.video?.report().coded ?? 0;
      const before = { coded: coded(), pictures: await Promise.all([stays, deleted].map((peer) => peer.pictures())) };
      await closes.close();
      await vanishes.vanish();
      await more(stays, 15);
      const [own, other] = await Promise.all([stays, deleted].map((peer) => peer.pictures()));
      const expected = coded() - before.coded;
      expect(Math.abs((own ?? 0) - (before.pictures[0] ?? 0) - expected)).toBeLessThanOrEqual(4); // on their way
      expect(Math.abs((other ?? 0) - (before.pictures[1] ?? 0) - expected)).toBeLessThanOrEqual(4);
      expect((await remove(server, deleted)).status).toBe(200);
      await more(stays, 30); // while the deleted one goes on to send its reports
      expect(server.camera.video?.report()).toMatchObject({ restarts: 0 });
      expect([server.rtc.restarts, server.hosts.length, server.encoders.length]).toEqual([0, 1, 1]);
    });

    it("ends once with a file, with the reason, and who comes later is refused at once", async () => {
      const server = await rtcServer({ source: clip });
      const peer = await start(server);
      await more(peer, 1);
      await until(() => server.camera.state.state === "ended", "the file ends");
      await until(() => server.rtc.size === 0, "the peer ends");
      expect(server.rtc.ended).toEqual({ left: 0, lost: 0, never: 0, ended: 1, limit: 0 });
      await until(async () => (await peer.end()) === end, "it is told");
      await expect(start(server)).rejects.toThrow("410");
    });

    it("ends with a camera that is closed while no picture comes", async () => {
      const server = await rtcServer({ source: ["sh", "-c", `cat "$0"; sleep 60`, await jpeg()] });
      const peer = await start(server);
      await more(peer, 1);
      await server.camera.close();
      await until(() => server.rtc.size === 0, "the peer ends");
      expect(server.rtc.ended).toMatchObject({ ended: 1 });
      await until(async () => (await peer.end()) === end, "it is told");
    });

    it("goes on with the next run of a source that fails, and of an encoder that is killed", async () => {
      const program = `cat "$0"; sleep 1; cat "$0"; sleep 1; exit 1`;
      const server = await rtcServer({ source: ["sh", "-c", program, await jpeg()] });
      const peer = await start(server);
      await until(() => server.camera.restarts > 1, "the source has failed twice");
      await more(peer, 3);
      server.encoders[0]?.kill("SIGKILL");
      await until(() => server.encoders.length > 1, "there is another encoder");
      await more(peer, 3);
      expect([server.rtc.size, watched(server)]).toEqual([1, 1]);
    });

    it("ends as lost when the process for WebRTC is killed; MJPEG goes on, and it can come back", async () => {
      const server = await rtcServer({ source: card });
      const peer = await start(server);
      await more(peer, 3);
      const response = await fetch(`${server.url}/stream`);
      const reader = response.body?.getReader();
      cleanUp(() => reader?.cancel());
      await reader?.read();
      server.hosts[0]?.kill("SIGKILL");
      await until(() => server.rtc.ended.lost === 1, "it is lost");
      for (let n = 0; n < 20; n++) expect((await reader?.read())?.done).toBe(false);
      const again = await start(server);
      await more(again, 3);
      expect([server.rtc.restarts, server.hosts.length, server.camera.restarts, watched(server)]).toEqual([1, 2, 0, 1]);
    });
  });

let picture: Promise<string> | undefined;

/** Returns the path of a JPEG. */
function jpeg(): Promise<string> {
  picture ??= (async () => {
    const path = clip.replace("clip.mp4", "picture.jpg");
    execFileSync("ffmpeg", ["-v", "error", "-f", "lavfi", "-i", "testsrc=size=160x120", "-frames:v", "1", path]);
    return path;
  })();
  return picture;
}
