import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adapter } from "#adapter";
import { type AppOptions, createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import { RtcHost } from "../../src/rtc/host.ts";
import { encodeMessage } from "../../src/rtc/wire.ts";
import type { Spawn } from "../../src/source/process.ts";
import { cleanUp } from "../fixtures/clean-up.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";
import { mutate } from "../fuzz/mutation.ts";
import { Random } from "../fuzz/random.ts";
import { offer, withoutH264, withoutVideo } from "./offers.ts";

const sdp = { "Content-Type": "application/sdp" };
const fragment = "application/trickle-ice-sdpfrag";
const host = (options: Partial<ConstructorParameters<typeof RtcHost>[0]> = {}) => {
  const rtc = new RtcHost({ runtime: adapter, ...options });
  cleanUp(() => rtc.close());
  return rtc;
};

/** An app with one camera. */
function serving(
  options: CameraOptions,
  { rtc = host(), spawn = adapter.spawn, ...more }: Partial<AppOptions> & { readonly spawn?: Spawn } = {},
) {
  const camera = new Camera({ id: "front", ...options }, { ...adapter, spawn });
  cleanUp(() => camera.close());
  const app = createApp({ ...more, rtc, cameras: new Map([["front", camera]]) });
  const post = (body: string, headers: Record<string, string> = sdp) =>
    app.request("/cameras/front/whep", { method: "POST", headers, body });
  return { camera, app, post, rtc };
}

async function reason(response: Response): Promise<string> {
  return `${response.status} ${((await response.json()) as { error: string }).error}`;
}

needs("ffmpeg").describe("WHEP over HTTP", () => {
  let served: ReturnType<typeof serving>;
  const rtc = new RtcHost({ runtime: adapter });
  beforeAll(async () => {
    served = serving({ source: "testcard:160x120@15" }, { rtc });
    await until(() => served.camera.state.state === "live", "the camera is live");
  });
  afterAll(async () => {
    await rtc.close();
    await served.camera.close();
  });

  it("answers an offer with all candidates, an absolute path and an entity tag; DELETE ends the session once", async () => {
    const response = await served.post(offer);
    const answer = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([201, "application/sdp"]);
    const location = response.headers.get("location") ?? "";
    expect(location).toMatch(/^\/cameras\/front\/whep\/[0-9a-f-]{36}$/);
    expect(response.headers.get("etag")).toMatch(/^"[0-9a-f-]{36}"$/);
    expect(answer).toContain("a=rtpmap:108 H264/90000");
    expect(answer).toMatch(/^a=candidate:/m);
    expect(answer).toContain("a=end-of-candidates");
    expect(answer.match(/^a=(sendonly|recvonly|sendrecv|inactive)/gm)).toEqual(["a=inactive", "a=sendonly"]);
    await until(() => served.camera.video?.report().encoder !== null, "the encoder is started");

    const end = () => served.app.request(location, { method: "DELETE" });
    expect((await end()).status).toBe(200);
    expect(await reason(await end())).toMatch(/^404 No such session/);
    await until(() => served.camera.video?.readers === 0 && rtc.size === 0, "nobody is left");
    expect(rtc.ended).toMatchObject({ left: 1 });
  });

  it("takes candidates under the entity tag of the session", async () => {
    const opened = await served.post(offer);
    const [location, etag] = ["location", "etag"].map((name) => opened.headers.get(name) ?? "");
    const candidates = "a=mid:1\r\na=candidate:1 1 udp 2130706431 127.0.0.1 5000 typ host\r\n";
    const patch = (body: string, headers: Record<string, string>) =>
      served.app.request(location ?? "", { method: "PATCH", headers, body });
    const right = { "Content-Type": fragment, "If-Match": etag ?? "" };
    expect((await patch(candidates, right)).status).toBe(204);
    expect((await patch("a=mid:1\r\na=candidate:nonsense\r\n", right)).status).toBe(204); // ignored, as peers may be new
    expect(await reason(await patch(candidates, { "Content-Type": fragment }))).toMatch(/^428 Send If-Match/);
    expect(await reason(await patch(candidates, { ...right, "If-Match": '"x"' }))).toMatch(/^412 The ETag/);
    expect(await reason(await patch(candidates, { ...right, "Content-Type": "text/plain" }))).toMatch(/^415 Send app/);
    expect(await reason(await patch("a=ice-ufrag:new\r\n", right))).toMatch(/^422 Cannot restart ICE/);
    expect(await reason(await patch("hello", right))).toMatch(/^400 Cannot read fragment/);
    expect((await patch(`${candidates}${"x".repeat(65_536)}`, right)).status).toBe(413);
    await served.app.request(location ?? "", { method: "DELETE" });
    expect((await patch(candidates, right)).status).toBe(404);
  });

  it.each([
    ["another type", 415, "Send application/sdp, not text/plain", "v=0", { "Content-Type": "text/plain" }],
    ["no SDP", 400, "it is no SDP", "hello", sdp],
    ["no video", 400, "it has no video", withoutVideo, sdp],
    ["no H.264", 422, "Offer H.264: the offer has VP8, VP9", withoutH264, sdp],
    ["too much", 413, "more than 64 KiB", `v=0\r\n${"a=x\r\n".repeat(20_000)}`, sdp],
  ])("refuses %s", async (_, status, message, body, headers) => {
    const why = await reason(await served.post(body, headers));
    expect(why.startsWith(String(status))).toBe(true);
    expect(why).toContain(message);
  });

  it("says what it takes, and refuses all other methods", async () => {
    for (const path of ["/whep", "/cameras/front/whep"]) {
      const options = await served.app.request(path, { method: "OPTIONS" });
      expect([options.status, options.headers.get("accept-post")]).toEqual([204, "application/sdp"]);
      for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE"]) {
        const response = await served.app.request(path, { method });
        expect([method, response.status, response.headers.get("allow")]).toEqual([method, 405, "POST, OPTIONS"]);
      }
      for (const method of ["GET", "POST", "PUT"]) {
        const response = await served.app.request(`${path}/x`, { method });
        expect([response.status, response.headers.get("allow")]).toEqual([405, "PATCH, DELETE, OPTIONS"]);
      }
    }
  });

  it("lives on through 300 damaged offers and candidates", async () => {
    const random = new Random(2026, 7);
    const encoder = new TextEncoder();
    const statuses = new Map<number, number>();
    for (let n = 0; n < 300; n++) {
      const lines = offer.split("\r\n");
      const at = random.below(lines.length);
      const damaged = Buffer.from(
        mutate(encoder.encode(lines[at] ?? ""), random, encoder.encode(lines[n % 37])),
      ).toString();
      const response = await served.post(lines.with(at, damaged).join("\r\n"));
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      if (response.status !== 201) continue;
      const headers = { "Content-Type": fragment, "If-Match": "*" };
      const body = Buffer.from(
        mutate(encoder.encode("a=candidate:1 1 udp 9 ::1 5 typ host"), random, encoder.encode("a=mid:")),
      ).toString();
      const path = response.headers.get("location") ?? "";
      await served.app.request(path, { method: "PATCH", headers, body: `a=mid:1\r\n${body}` });
      await served.app.request(path, { method: "DELETE" });
    }
    expect([...statuses.keys()].filter((status) => ![201, 400, 422].includes(status))).toEqual([]);
    expect(statuses.get(201)).toBeGreaterThan(100);
    expect(rtc.restarts).toBe(0);
    expect((await served.post(offer)).status).toBe(201);
    await until(() => rtc.size === 1, "only the last one is left");
  });
});

describe("WHEP without a picture to show", () => {
  it("is refused for a camera that waits or has failed, with the time to ask again", async () => {
    for (const source of ["push", "tcp://127.0.0.1:1"]) {
      const { camera, post } = serving({ source });
      await until(() => /^(waiting|failed)$/.test(camera.state.state), "it waits, or has failed");
      const response = await post(offer);
      expect(response.headers.get("retry-after")).toBe("2");
      expect(await reason(response)).toMatch(/^409 Camera "front" has no pictures now: it is (waiting|failed)/);
    }
  });

  it("is refused for a camera that has ended, and for one without video", async () => {
    const ended = serving({ source: "push" });
    await ended.camera.close();
    expect(await reason(await ended.post(offer))).toBe('410 Camera "front" has ended');
    const without = serving({ source: "testcard:160x120@5", video: false });
    expect(await reason(await without.post(offer))).toContain("501 Camera");
  });

  it("is refused without ffmpeg, without node-datachannel, and without a host, each with the reason", async () => {
    const spawn: Spawn = async (argv, options) => {
      if (argv[0] === "ffmpeg") throw new Error("ffmpeg: command not found");
      return await adapter.spawn(argv, options);
    };
    const source = "testcard:160x120@5";
    const noEncoder = serving({ source }, { spawn });
    expect(await reason(await noEncoder.post(offer))).toBe(
      '501 Camera "front" has no video: ffmpeg: command not found',
    );
    const missing = Buffer.from(encodeMessage({ type: "missing", error: "not found" })).toString("base64");
    const program = () => ["sh", "-c", `echo ${missing} | base64 -d`] as const;
    const noLibrary = serving({ source }, { rtc: host({ runtime: { spawn: adapter.spawn, program } }) });
    expect(await reason(await noLibrary.post(offer))).toContain("501 WebRTC is not available: install it with npm");
    const app = createApp({ cameras: new Map([["front", noLibrary.camera]]) });
    expect((await app.request("/whep", { method: "POST", headers: sdp, body: offer })).status).toBe(501);
  });

  it("fails, and can be tried again, when the process for WebRTC ends or says nonsense", async () => {
    const scripts = ["exit 3", "printf 'hello, this is not a message at all'; sleep 9"];
    for (const script of scripts) {
      const program = () => ["sh", "-c", script] as const;
      const { post, rtc } = serving(
        { source: "testcard:160x120@5" },
        { rtc: host({ runtime: { ...adapter, program } }) },
      );
      const response = await post(offer);
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
      expect([rtc.size, rtc.restarts]).toEqual([0, 1]);
    }
  });
});

needs("ffmpeg").describe("WHEP with tokens and limits", () => {
  const auth = {
    tokens: [{ token: "viewer-one" }, { token: "viewer-two" }, { token: "pusher-one", rights: ["push"] }],
  } as const;
  const bearer = (token: string) => ({ ...sdp, Authorization: `Bearer ${token}` });

  it("needs the right to view, and leaves a session to the token that started it", async () => {
    const { app, post } = serving({ source: "testcard:160x120@5" }, { auth });
    expect((await post(offer)).status).toBe(401);
    expect((await post(offer, bearer("pusher-one"))).status).toBe(403);
    const opened = await post(offer, bearer("viewer-one"));
    expect(opened.status).toBe(201);
    const path = opened.headers.get("location") ?? "";
    const end = (token: string) => app.request(path, { method: "DELETE", headers: bearer(token) });
    expect((await end("viewer-two")).status).toBe(404);
    expect((await end("pusher-one")).status).toBe(403);
    expect((await end("viewer-one")).status).toBe(200);
  });

  it("counts viewers from the request on, and refuses those beyond the limit", async () => {
    const { app, post } = serving({ source: "testcard:160x120@5" }, { limits: { viewers: 2 } });
    const opened = await Promise.all([post(offer), post(offer), post(offer)]);
    expect(opened.map(({ status }) => status).sort()).toEqual([201, 201, 503]);
    const [first] = opened.filter(({ status }) => status === 201);
    expect((await app.request(first?.headers.get("location") ?? "", { method: "DELETE" })).status).toBe(200);
    await until(async () => (await post(offer)).status === 201, "there is room again");
  });

  it("ends a peer that never connects", async () => {
    const rtc = host({ connectTimeout: 300 });
    const { camera, post } = serving({ source: "testcard:160x120@5" }, { rtc });
    expect((await post(offer)).status).toBe(201);
    await until(() => rtc.ended.never === 1 && camera.video?.readers === 0, "it has ended");
  });

  it("sends a signed URL's query along with the session", async () => {
    const { app, post } = serving(
      { source: "testcard:160x120@5" },
      { auth: { token: "viewer-one", secret: "s".repeat(32) } },
    );
    expect((await post(offer)).status).toBe(401);
    const { sign } = await import("../../src/auth/signed-url.ts");
    const query = await sign("s".repeat(32), {
      camera: "front",
      right: "view",
      expires: Math.floor(Date.now() / 1000) + 60,
    });
    const opened = await app.request(`/cameras/front/whep?${query}`, { method: "POST", headers: sdp, body: offer });
    expect(opened.status).toBe(201);
    const path = opened.headers.get("location") ?? "";
    expect(path.endsWith(`?${query}`)).toBe(true);
    expect((await app.request(path.split("?")[0] ?? "", { method: "DELETE" })).status).toBe(401);
    expect((await app.request(path, { method: "DELETE" })).status).toBe(200);
  });

  it("names its STUN and TURN servers", async () => {
    const iceServers = [{ url: "stun:127.0.0.1:9" }, { url: "turn:127.0.0.1:9", username: "u", credential: "p" }];
    const { app } = serving({ source: "push" }, { rtc: host({ iceServers }) });
    expect((await app.request("/whep", { method: "OPTIONS" })).headers.get("link")).toBe(
      '<stun:127.0.0.1:9>; rel="ice-server", <turn:127.0.0.1:9>; rel="ice-server"; username="u"; credential="p"; credential-type="password"',
    );
  });
});
