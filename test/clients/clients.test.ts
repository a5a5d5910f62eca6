import { once } from "node:events";
import sharp from "sharp";
import { beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import { cleanUp } from "../fixtures/clean-up.ts";
import { type Host, host } from "../fixtures/host.ts";
import { numberOf, picture } from "../fixtures/picture.ts";
import { head, raw, upgrade } from "../fixtures/raw.ts";
import { until } from "../fixtures/until.ts";
import { readParts } from "./parts.ts";

/** Cameras whose pictures a program writes or that are pushed, served on a free port. */
async function served(...options: CameraOptions[]) {
  const cameras = new Map(options.map((one) => [one.id ?? "", new Camera(one, adapter)]));
  const server = await adapter.serve(
    (upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection: adapter.connection }),
    { hostname: "127.0.0.1", port: 0 },
  );
  cleanUp(async () => {
    await Promise.all([...cameras.values()].map((camera) => camera.close()));
    await server.close(1000);
  });
  const url = `http://127.0.0.1:${server.port}`;
  const push = async (number: number, id = "door") => {
    const answer = await fetch(`${url}/cameras/${id}/frames`, { method: "POST", body: await picture(number) });
    expect(answer.status).toBe(204);
    await until(() => numberOf(cameras.get(id)?.newest?.data ?? new Uint8Array()) === number, "the picture is shown");
  };
  return { url, port: server.port, cameras, push };
}

const door: CameraOptions = { id: "door", source: "push" };

describe("A client of mjpg-streamer", () => {
  let both: Host;
  beforeEach(async () => {
    both = await host(["left", "right"]);
    cleanUp(() => both.close());
    await both.feeds[0].show({ width: 64 });
    await both.feeds[1]?.show({ width: 128 });
  });
  const width = async (query: string) => {
    const answer = await fetch(`${both.url}/?max_age=1e9&${query}`);
    const bytes = new Uint8Array(await answer.arrayBuffer());
    return answer.ok ? (await sharp(bytes).metadata()).width : answer.status;
  };

  it.each([
    ["action=snapshot", 64],
    ["action=snapshot_0", 64],
    ["action=snapshot_1", 128],
    ["action=stream&frames=1", 64],
    ["action=stream_1&frames=1", 128],
    ["action=snapshot_2", 404],
    ["action=stream_7", 404],
    ["action=snapshot_99999999999", 400],
    ["action=snapshot_x", 400],
  ])("asks for ?%s", async (query, expected) => {
    if (!query.includes("frames") || expected === 404) return expect(await width(query)).toBe(expected);
    const stream = readParts(`${both.url}/?max_age=1e9&${query}`);
    await until(() => stream.parts[0], "a part comes");
    expect((await sharp(stream.parts[0]?.data).metadata()).width).toBe(expected);
  });
});

describe("PiKVM", () => {
  it("finds width, height and whether the camera is online in each part, with extra_headers=1", async () => {
    const { url, push } = await served(door);
    await push(1);
    const stream = readParts(`${url}/stream?extra_headers=1`);
    await until(() => stream.parts.length > 0, "a part comes");
    await push(2);
    await until(() => stream.parts.length > 1, "another one comes");
    for (const { headers } of stream.parts) {
      expect(headers).toMatchObject({
        "x-ustreamer-online": "true",
        "x-ustreamer-width": "64",
        "x-ustreamer-height": "48",
        "x-ustreamer-dropped": "0",
      });
      for (const name of ["client-fps", "grab-timestamp", "send-timestamp", "latency"]) {
        expect(Number(headers[`x-ustreamer-${name}`])).toBeGreaterThanOrEqual(0);
      }
    }
  });

  it("finds its viewer in /state by its key and the cookie stream_client", async () => {
    const { url, push } = await served(door);
    await push(1);
    const stream = readParts(`${url}/stream?key=abc%20%22;1&extra_headers=1&advance_headers=0`);
    await until(() => stream.parts.length > 0, "a part comes");
    const [cookie = ""] = stream.headers["set-cookie"] ?? [];
    const [, key, id = ""] = /^stream_client=([^/;]+)\/([\w-]+); Path=\/;/.exec(cookie) ?? [];
    expect(decodeURIComponent(key ?? "")).toBe('abc ";1');
    const state = (await (await fetch(`${url}/state`)).json()) as { result: { stream: { clients_stat: object } } };
    expect(state.result.stream.clients_stat).toMatchObject({
      [id]: { key: 'abc ";1', extra_headers: true, advance_headers: false },
    });
    expect((await fetch(`${url}/stream?key=${"x".repeat(65)}`)).status).toBe(400);
  });

  it("sets no cookie for those that have no key", async () => {
    const { url, push } = await served(door);
    await push(1);
    const stream = readParts(`${url}/stream`);
    await until(() => stream.parts.length > 0, "a part comes");
    expect(stream.headers["set-cookie"]).toBeUndefined();
  });
});

describe("A stream of a camera that has nothing new", () => {
  it("repeats its newest picture, says so, and counts it as nothing new", async () => {
    const { url, push } = await served(door);
    await push(1);
    const stream = readParts(`${url}/stream?repeat=0.2`);
    await until(() => stream.parts.length > 3, "the picture comes again");
    await push(2);
    await until(() => stream.parts.some(({ data }) => numberOf(data) === 2), "the next picture comes");
    const [first, ...others] = stream.parts;
    const again = others.filter(({ data }) => numberOf(data) === 1);
    expect(first?.headers["x-repeated"]).toBeUndefined();
    for (const { headers } of again) expect(headers).toMatchObject({ "x-repeated": "1", "x-sequence": "0" });
    const ages = [first, ...again].map((one) => Number(one?.headers["x-age"]));
    expect(ages.toSorted((a, b) => a - b)).toEqual(ages);
    const { viewers } = (await (await fetch(`${url}/cameras/door/viewers`)).json()) as {
      viewers: { sent: number; lag: number | null }[];
    };
    expect(viewers[0]?.sent).toBe(2);
  });

  it("gets the newest picture at once where it begins later", async () => {
    const { url, push, cameras } = await served({ ...door, stallAfter: 200 });
    await push(1);
    await until(() => cameras.get("door")?.state.state === "stalled", "the camera is taken for silent");
    const stream = readParts(`${url}/stream`);
    await until(() => stream.parts.length > 0, "the picture comes");
    expect(stream.parts[0]?.headers).toMatchObject({ "x-repeated": "1", "x-sequence": "0" });
  });

  it("is silent with repeat=0, and shows nothing older than max_age", async () => {
    const { url, push } = await served(door);
    await push(1);
    const streams = ["repeat=0", "repeat=0.1&max_age=400"].map((query) => readParts(`${url}/stream?${query}`));
    const control = readParts(`${url}/stream?repeat=0.1`);
    await until(() => control.parts.length > 10, "the control repeats");
    const [off, aged] = streams.map(({ parts }) => parts.length);
    expect(off).toBe(1);
    expect(aged).toBeLessThan(8);
    expect((await fetch(`${url}/stream?repeat=-1`)).status).toBe(400);
  });

  it("is read by another teecam, which takes no repetition for a picture, and stays connected", async () => {
    const { url, push } = await served(door);
    await push(1);
    const second = new Camera({ id: "second", source: `${url}/stream?repeat=0.1`, stallAfter: 300 }, adapter);
    cleanUp(() => second.close());
    await until(() => second.state.state === "stalled", "it has nothing new either");
    const control = readParts(`${url}/stream?repeat=0.1`);
    await until(() => control.parts.length > 12, "twice the time has passed after which a silent source is restarted");
    expect([second.newest?.sequence, second.restarts]).toEqual([0, 0]);
    await push(2);
    await until(() => second.newest?.sequence === 1, "it shows what is new");
  });
});

describe("A slow camera", () => {
  const shell = (script: string): CameraOptions => ({ id: "slow", source: ["sh", "-c", script] });
  it("answers with its last picture and the age of it, as long as that is usual for it", async () => {
    const { url, push, cameras } = await served({ ...door, every: 2000 });
    await push(1);
    const camera = cameras.get("door");
    await until(() => camera?.newest && performance.now() - camera.newest.arrival > 1500, "the picture is old");
    const answer = await fetch(`${url}/snapshot`);
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get("x-age"))).toBeGreaterThan(1.4);
    const strict = await fetch(`${url}/snapshot?max_age=100`, { signal: AbortSignal.timeout(20_000) });
    expect(strict.status).toBe(503);
  });

  it("is measured where nobody has said how slow it is", async () => {
    const { cameras, push } = await served(door);
    const pictures = cameras.get("door")?.pictures;
    expect(pictures?.period).toBe(0);
    for (let number = 0; number < 4; number++) {
      await push(number);
      const { newest } = pictures ?? {};
      await until(() => newest && performance.now() - newest.arrival > 300, "time has passed");
    }
    expect(pictures?.period).toBeGreaterThan(250);
  });

  it("that has died is no camera that shows its last picture for ever", async () => {
    const { url, cameras } = await served({ ...shell("exit 3"), stallAfter: 100 });
    const camera = cameras.get("slow");
    await until(() => camera?.state.state === "failed", "it fails");
    const answer = await fetch(`${url}/snapshot`);
    expect(answer.status).toBe(503);
  });
});

describe("A page that asks for the next picture when it has one, as Mainsail's and Fluidd's do,", () => {
  const failed: CameraOptions = { id: "cam", source: ["sh", "-c", "exit 3"] };

  it.each(["/?action=snapshot", "/snapshot?placeholder=1"])("gets a picture that says why by %s", async (path) => {
    const { url } = await served(failed);
    const answer = await fetch(url + path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect(answer.headers.get("x-placeholder")).toBe("1");
    const bytes = new Uint8Array(await answer.arrayBuffer());
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "jpeg", width: 640, height: 480 });
    const { channels } = await sharp(bytes).greyscale().stats();
    expect(channels[0]?.max).toBeGreaterThan(200); // letters on a dark ground
    expect(channels[0]?.mean).toBeLessThan(80);
  });

  it("gets one too where the camera has ended, or there are too many viewers", async () => {
    const { url, cameras } = await served(door);
    await cameras.get("door")?.close();
    expect((await fetch(`${url}/snapshot`)).status).toBe(410);
    const app = createApp({ cameras, limits: { viewers: 0 } });
    for (const answer of [await fetch(`${url}/?action=snapshot`), await app.request("/?action=snapshot&max_age=1")]) {
      expect([answer.status, answer.headers.get("x-placeholder")]).toEqual([200, "1"]);
      await answer.body?.cancel();
    }
  });

  it.each(["/?action=snapshot&placeholder=0", "/snapshot"])("others get 503 by %s", async (path) => {
    const { url } = await served(failed);
    expect((await fetch(url + path)).status).toBe(503);
  });
});

describe("A browser that paints a stream", () => {
  it.each(["image", "document", "iframe", "frame", "object", "embed"])(
    "as %s gets headers in advance",
    async (dest) => {
      const { url, push } = await served(door);
      await push(1);
      const stream = raw(Number(new URL(url).port), head("GET /stream?repeat=0", `Sec-Fetch-Dest: ${dest}`));
      await until(
        () => stream.received.includes("\r\n--teecam\r\nContent-Type: image/jpeg\r\n\r\n"),
        "the next part begins",
      );
    },
  );

  it.each([
    ["image/avif,image/webp,*/*;q=0.8", true],
    ["text/html,application/xhtml+xml,*/*;q=0.8", true],
    ["*/*", false],
  ])("on a plain-HTTP address is known by Accept: %s", async (accept, advances) => {
    const { url, push } = await served(door);
    await push(1);
    const stream = raw(Number(new URL(url).port), head("GET /stream?frames=2", `Accept: ${accept}`));
    await until(() => stream.received.includes("--teecam"), "the picture comes");
    await push(2);
    await until(() => stream.received.includes("--teecam--"), "the stream ends");
    expect(stream.received.match(/X-Sequence/g)?.length).toBe(advances ? 1 : 2);
  });
});

describe("An upgrade", () => {
  it.each(["h2c", "foo/2", "TLS/1.0", "websocket2"])("to %s is ignored", async (protocol) => {
    const { port, push } = await served(door);
    await push(1);
    for (const path of ["/livez", "/snapshot", "/cameras"]) {
      const fields = ["Connection: Upgrade, HTTP2-Settings", `Upgrade: ${protocol}`, "HTTP2-Settings: AAMAAABk"];
      const asked = raw(port, head(`GET ${path}`, ...fields));
      await until(() => asked.received.startsWith("HTTP/1.1 200 "), `${path} is answered`);
    }
  });

  it("without Connection: upgrade, as nginx sends it by default, is answered 426 in words", async () => {
    const { port } = await served(door);
    const asked = raw(port, head("GET /ws", "Connection: close", ...upgrade.slice(1)));
    await until(() => asked.isOver, "it is answered");
    expect(asked.received).toMatch(/^HTTP\/1\.1 426 [\s\S]*Connection: upgrade/);
  });

  it("to a WebSocket where there is none is refused in words", async () => {
    const { port, push } = await served(door);
    await push(1);
    const asked = raw(port, head("GET /stream?frames=1", ...upgrade));
    await until(() => asked.isOver, "it is answered");
    expect(asked.received).toMatch(/^HTTP\/1\.1 4\d\d [\s\S]*"error"/);
  });
});

it.each([undefined, "teecam.v1"])("A WebSocket without traffic (%s) is pinged", async (protocol) => {
  const { port, push } = await (async () => {
    const one = await host(["door"], { stallAfter: 1000 });
    cleanUp(() => one.close());
    return { port: one.port, push: one.feeds[0].show };
  })();
  await push();
  const socket = new WebSocket(`ws://127.0.0.1:${port}/cameras/door/ws`, protocol ? [protocol] : []);
  cleanUp(() => socket.terminate());
  await once(socket, "ping");
});

it("Server-Sent Events and streams forbid proxies to transform them", async () => {
  const { url, push } = await served({ ...door, predict: "motion" });
  await push(1);
  for (const [path, accept] of [
    ["/predictions", "text/event-stream"],
    ["/stream", "*/*"],
    ["/snapshot", "*/*"],
  ] as const) {
    const end = new AbortController();
    const answer = await fetch(url + path, { headers: { accept }, signal: end.signal });
    expect([path, answer.headers.get("cache-control")]).toEqual([path, "no-store, no-transform"]);
    end.abort();
  }
});
