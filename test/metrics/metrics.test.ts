import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { type Host, host } from "../fixtures/host.ts";
import { allow } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

let served: Host;
beforeAll(async () => {
  served = await host(["front", "back"]);
});
afterAll(() => served.close());

/** Scrapes, checks every line against the text format, and gives the samples by name and labels. */
async function scrape(ask = () => fetch(`${served.url}/metrics`)): Promise<Map<string, number>> {
  const response = await ask();
  expect(response.headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples = new Map<string, number>();
  const types = new Map<string, string>();
  const label = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"`;
  const sample = new RegExp(
    String.raw`^([a-zA-Z_:][\w:]*)(\{${label}(?:,${label})*\})? (-?[\d.]+(?:e[+-]?\d+)?|Na[Nn]|[+-]Inf)$`,
  );
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  for (const line of text.split("\n").filter(Boolean)) {
    const [, name = "", type = ""] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    if (name) types.set(name, type);
    if (line.startsWith("#")) {
      expect(line).toMatch(/^# (HELP|TYPE) [a-zA-Z_:][\w:]* \S/);
      continue;
    }
    const [, owner = "", labels = "", value] = sample.exec(line) ?? [];
    expect(line, "a line of the text format").toMatch(sample);
    const family = types.has(owner) ? owner : owner.replace(/_(bucket|sum|count)$/, "");
    expect(types.has(family), `${owner} has a type`).toBe(true);
    if (types.get(owner) === "counter") expect(owner).toMatch(/_total$|_seconds$/);
    expect(samples.has(owner + labels), `${owner}${labels} comes once`).toBe(false);
    samples.set(owner + labels, Number(value));
  }
  return samples;
}

describe("GET /metrics", () => {
  it("counts frames in and out, and no counter goes back when viewers leave", async () => {
    const [front] = served.feeds;
    for (let n = 0; n < 3; n++) await front.show();
    front.write(new TextEncoder().encode("garbage that is no picture"));
    await front.show();
    const before = await scrape();
    expect(before.get('teecam_frames_received_total{camera="front"}')).toBe(4);
    expect(before.get('teecam_bytes_skipped_total{camera="front"}')).toBe(26);
    expect(before.get('teecam_frames_received_total{camera="back"}')).toBe(0);
    expect(before.get('teecam_camera_state{camera="front",state="live"}')).toBe(1);
    expect(before.get('teecam_frame_age_seconds{camera="front"}')).toBeLessThan(allow(5));
    expect(before.has('teecam_frame_age_seconds{camera="back"}')).toBe(false);
    for (const name of ["video_pictures_total", "video_keys_total", "video_bytes_total", "video_readers"]) {
      expect(before.get(`teecam_${name}{camera="front"}`)).toBe(0);
    }

    const play = front.play(20);
    onTestFinished(() => play.stop());
    const watching = await fetch(`${served.url}/stream?fps=5`);
    const reader = watching.body?.getReader();
    onTestFinished(() => reader?.cancel());
    const sent = 'teecam_frames_sent_total{camera="front",transport="mjpeg"}';
    const left = 'teecam_frames_dropped_total{camera="front",transport="mjpeg",reason="rate"}';
    const during = await until(async () => {
      await reader?.read();
      const samples = await scrape();
      return (samples.get(sent) ?? 0) >= 3 && (samples.get(left) ?? 0) >= 3 && samples;
    }, "frames are sent, and others left out");
    expect(during.get('teecam_viewers{camera="front",transport="mjpeg"}')).toBe(1);
    expect(during.get('teecam_viewer_lag_seconds_count{camera="front",transport="mjpeg"}')).toBeGreaterThan(0);
    await reader?.cancel();
    await until(async () => (await served.viewers()) === 0, "the viewer has left");
    const after = await scrape();
    expect(after.get(sent)).toBeGreaterThanOrEqual(during.get(sent) ?? Number.NaN);
    expect(after.get(left)).toBeGreaterThanOrEqual(during.get(left) ?? Number.NaN);
    expect(after.has('teecam_viewers{camera="front",transport="mjpeg"}')).toBe(false);
    expect(after.get("process_resident_memory_bytes")).toBeGreaterThan(1e6);
    expect([...after.keys()].some((name) => name.startsWith("nodejs_eventloop_lag"))).toBe(true);
  });

  needs("python3").it("counts the answers of what predicts, and the lines that are none", async () => {
    const script = `
import json, sys
for line in sys.stdin.buffer:
    sys.stdin.buffer.read(json.loads(line)["length"])
    print("a line that is no answer")
    print('{"seen": 1}')`;
    const predict = { command: ["python3", "-uc", script] } as const;
    const camera = new Camera({ id: "yard", source: "testcard:64x64@20", predict }, adapter);
    onTestFinished(() => camera.close());
    const app = createApp({ cameras: new Map([["yard", camera]]) });
    const samples = await until(async () => {
      const all = await scrape(async () => app.request("/metrics"));
      return (all.get('teecam_predictions_total{camera="yard"}') ?? 0) >= 3 && all;
    }, "three answers");
    expect(
      samples.get('teecam_predictor_invalid_lines_total{camera="yard",reason="malformed"}'),
    ).toBeGreaterThanOrEqual(3);
    expect(samples.get('teecam_predictor_invalid_lines_total{camera="yard",reason="unsolicited"}')).toBe(0);
    expect(samples.get('teecam_predictor_restarts_total{camera="yard"}')).toBe(0);
    expect(samples.get('teecam_prediction_age_seconds{camera="yard"}')).toBeLessThan(allow(5));
    expect(samples.get('teecam_predictors{camera="yard"}')).toBe(0);
  });

  it("has as many lines with many viewers as with one", async () => {
    const sockets = Array.from({ length: 20 }, () => {
      const socket = connect(served.port, "127.0.0.1");
      socket.on("error", () => {}).resume();
      socket.write("GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      return socket;
    });
    await until(async () => (await served.viewers()) === 20, "twenty watch");
    const samples = await scrape();
    expect([...samples.keys()].filter((name) => name.startsWith("teecam_viewers{"))).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
  });
});

describe("Probes", () => {
  it("say that it lives, and that it is ready until it is asked to end", async () => {
    const ending = new AbortController();
    const app = createApp({ cameras: new Map(), shutdown: ending.signal });
    const status = async (path: string) => (await app.request(path)).status;
    expect([await status("/livez"), await status("/readyz")]).toEqual([200, 200]);
    ending.abort();
    expect([await status("/livez"), await status("/readyz")]).toEqual([200, 503]);
  });
});

it("The first scrape has no lag of the event loop that was never measured", async () => {
  const app = createApp({ cameras: new Map() });
  const samples = await scrape(async () => await app.request("/metrics"));
  const lags = [...samples].filter(([name]) => name.startsWith("nodejs_eventloop_lag_"));
  expect(lags.filter(([, value]) => !(value < 1000))).toEqual([]);
});
