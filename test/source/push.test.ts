import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { type Logger, silent } from "../../src/log.ts";
import type { Frame } from "../../src/media/frame.ts";
import { concat } from "../../src/routes/push-body.ts";
import { cpuTime, pause } from "../fixtures/machine.ts";
import { numberOf, picture } from "../fixtures/picture.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

/** An app with a camera that is pushed, and one that is not. */
async function serve(options: { maxFrameSize?: number; stallAfter?: number; log?: Logger } = {}) {
  const camera = new Camera({ id: "door", source: "push", ...options }, adapter);
  const other = new Camera({ id: "other", source: "tcp-listen://127.0.0.1:1" }, adapter);
  const cameras = new Map([camera, other].map((one) => [one.id, one]));
  const errors: unknown[] = [];
  const log = { ...silent, error: (...event: unknown[]) => void errors.push(event) };
  const app = { cameras, connection: adapter.connection, stallAfter: options.stallAfter, log };
  const server = await adapter.serve(() => createApp(app), {
    hostname: "127.0.0.1",
    port: 0,
  });
  closing.push(
    () => server.close(500),
    () => camera.close(),
    () => other.close(),
  );
  const url = `http://127.0.0.1:${server.port}/cameras/door/frames`;
  const states: string[] = [];
  void camera.states().pipeTo(new WritableStream({ write: ({ state }) => void states.push(state) }));
  return { camera, url, port: server.port, states, errors };
}

const post = (url: string, body: Uint8Array<ArrayBuffer> | ReadableStream, type = "image/jpeg") =>
  fetch(url, { method: "POST", body, headers: { "Content-Type": type }, duplex: "half" } as RequestInit);

/** Collects a camera's frames as they come. */
function watch(camera: Camera): Frame[] {
  const frames: Frame[] = [];
  void camera.tee().pipeTo(new WritableStream({ write: (frame) => void frames.push(frame) }));
  return frames;
}

/** An endless body that a test writes to. */
function endless() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  return { readable, writer };
}

describe("POST /frames", () => {
  it("shows a picture byte for byte, and many of the same pusher as one run", async () => {
    const { camera, url, states } = await serve();
    const frames = watch(camera);
    await until(() => camera.state.state === "waiting", "it waits for a pusher");
    for (let n = 0; n < 10; n++) {
      const jpeg = await picture(n);
      expect((await post(url, jpeg)).status).toBe(204);
      await until(() => frames.length === n + 1, "the picture is shown");
      expect(Buffer.from(frames[n]?.data ?? [])).toEqual(Buffer.from(jpeg));
    }
    expect(frames.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 10 }, (_, n) => n));
    expect(states.slice(states.indexOf("waiting"))).toEqual(["waiting", "starting", "live"]);
  });

  it("takes an endless body of multipart, and waits for the next pusher when it ends", async () => {
    const { camera, url } = await serve();
    const frames = watch(camera);
    for (let run = 0; run < 2; run++) {
      const { readable, writer } = endless();
      const answer = post(url, readable, "multipart/x-mixed-replace; boundary=frame");
      for (let n = 0; n < 3; n++) {
        await writer.write(new TextEncoder().encode("--frame\r\nContent-Type: image/jpeg\r\n\r\n"));
        await writer.write(await picture(n));
        await until(() => frames.length === 3 * run + n + 1, "a part is a picture as soon as it has come");
      }
      expect(camera.state.state).toBe("live");
      await writer.close();
      expect((await answer).status).toBe(204);
      await until(() => camera.state.state === "waiting", "it waits again");
    }
  });

  it("takes one pusher at a time, and the next one as soon as that is gone", async () => {
    const { camera, url } = await serve();
    const { readable, writer } = endless();
    const first = post(url, readable, "application/octet-stream");
    await writer.write(await picture(1));
    await until(() => camera.state.state === "live", "the first is taken");
    const second = await post(url, await picture(2));
    expect(second.status).toBe(409);
    expect(await second.json()).toEqual({ error: "Cannot accept frames: another client is pushing" });
    await writer.close();
    expect((await first).status).toBe(204);
    await until(async () => (await post(url, await picture(3))).status === 204, "the next is taken");
  });

  it.each([
    ["no picture", 400, new TextEncoder().encode("hello"), "image/jpeg"],
    ["nothing", 400, undefined, "image/jpeg"],
    ["what is no picture by its type", 415, new Uint8Array(10), "text/plain"],
    ["more than its largest frame", 413, new Uint8Array(200_000), "image/jpeg"],
  ])("refuses %s with %i", async (_, status, body, type) => {
    const { camera, url } = await serve({ maxFrameSize: 100_000 });
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": type }, body: body ?? null });
    expect(answer.status).toBe(status);
    expect(((await answer.json()) as { error: string }).error.length).toBeGreaterThan(10);
    expect((await post(url, await picture(1))).status).toBe(204);
    await until(() => camera.newest, "what is good is taken");
  });

  const boundary = "----x1";
  const form = (jpeg: Uint8Array) =>
    concat([
      new TextEncoder().encode(
        `--${boundary}\r\nContent-Disposition: form-data; name="id"\r\n\r\n7\r\n--${boundary}\r\n` +
          `Content-Disposition: form-data; name="imageFile"; filename="p.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`,
      ),
      jpeg,
      new TextEncoder().encode(`\r\n--${boundary}--\r\n`),
    ]);
  const same = (jpeg: Uint8Array) => new Uint8Array(jpeg);
  const chunked = (jpeg: Uint8Array) => new Blob([new Uint8Array(jpeg)]).stream();

  it.each<[type: string, body: (jpeg: Uint8Array) => Uint8Array<ArrayBuffer> | ReadableStream]>([
    ["image/jpg", same],
    ["image/pjpeg", same],
    ["IMAGE/JPEG; name=x", same],
    ["application/octet-stream", same],
    ["application/octet-stream", chunked],
    ["application/x-www-form-urlencoded", same],
    ["text/plain", same],
    ["video/x-motion-jpeg", same],
    ["multipart/x-mixed-replace; boundary=----x1", form],
    [`multipart/form-data; boundary=${boundary}`, form],
    [`multipart/form-data; boundary=${boundary}`, (jpeg) => chunked(form(jpeg))],
  ])("takes single pictures of type %s, and several are one run", async (type, body) => {
    const { camera, url, states } = await serve();
    const frames = watch(camera);
    await until(() => camera.state.state === "waiting", "it waits for a pusher");
    for (let n = 0; n < 3; n++) {
      const jpeg = await picture(n);
      const answer = await post(url, body(jpeg), type);
      expect([answer.status, await answer.text()]).toEqual([204, ""]);
      await until(() => frames.length === n + 1, "the picture is shown");
      expect(Buffer.from(frames[n]?.data ?? [])).toEqual(Buffer.from(jpeg));
    }
    expect(states.slice(states.indexOf("waiting"))).toEqual(["waiting", "starting", "live"]);
  });

  it.each<[string, (jpeg: Uint8Array) => Uint8Array<ArrayBuffer>, type?: string]>([
    ["no EOI", (jpeg) => same(jpeg.subarray(0, -2))],
    ["half an EOI", (jpeg) => same(jpeg.subarray(0, -1))],
    ["no EOI in a form", (jpeg) => form(jpeg.subarray(0, -2)), `multipart/form-data; boundary=${boundary}`],
    ["junk between segments", (jpeg) => concat([jpeg.subarray(0, 21), new Uint8Array([1, 2, 3]), jpeg.subarray(21)])],
  ])("takes a single picture with %s, as decoders show it", async (_, damage, type) => {
    const { camera, url } = await serve();
    const frames = watch(camera);
    for (let n = 0; n < 2; n++) {
      expect((await post(url, damage(await picture(n)), type)).status).toBe(204);
      await until(() => frames.length === n + 1, "the picture is shown");
    }
    expect(frames.map(({ data }) => numberOf(data))).toEqual([0, 1]);
    expect(frames.every(({ data }) => data.at(-2) === 0xff && data.at(-1) === 0xd9)).toBe(true);
  });

  it("keeps the times of another teecam's pictures, also where the body has a length", async () => {
    const { camera, url } = await serve();
    const frames = watch(camera);
    const seconds = Math.floor(Date.now() / 1000) - 60;
    const body = await Promise.all(
      [7, 9].map(async (sequence) =>
        concat([
          new TextEncoder().encode(
            `--frame\r\nContent-Type: image/jpeg\r\nX-Timestamp: ${seconds}.000001\r\nX-Sequence: ${sequence}\r\n\r\n`,
          ),
          await picture(sequence),
          new TextEncoder().encode("\r\n"),
        ]),
      ),
    );
    for (const one of body)
      expect((await post(url, one, "multipart/x-mixed-replace; boundary=frame")).status).toBe(204);
    await until(() => frames.length === 2, "the pictures are shown");
    expect(frames.map(({ timestamp, upstream }) => [timestamp, upstream])).toEqual([
      [seconds * 1e6 + 1, 7],
      [seconds * 1e6 + 1, 9],
    ]);
  });

  it("logs one line for a single picture, and a stall only once it is known when pictures are due", async () => {
    const lines: string[] = [];
    const note = (text: string, fields: Record<string, unknown> = {}) => void lines.push(`${text} ${fields.state}`);
    const { camera, url } = await serve({ stallAfter: 150, log: { ...silent, info: note, warn: note } });
    await until(() => camera.state.state === "waiting", "it waits for a pusher");
    lines.length = 0;
    await post(url, await picture(1));
    await until(() => camera.state.state === "stalled", "it has been silent");
    expect(lines).toHaveLength(1);
    await post(url, await picture(2));
    await until(() => camera.state.state === "live", "it is live again");
    expect(lines).toHaveLength(1);
    await until(() => camera.state.state === "stalled", "it has been silent for five of its periods");
    expect(lines.slice(1)).toEqual([expect.stringContaining("stalled")]);
  });

  it("takes PUT as well", async () => {
    const { camera, url } = await serve();
    const answer = await fetch(url, {
      method: "PUT",
      body: await picture(1),
      headers: { "Content-Type": "image/jpeg" },
    });
    expect(answer.status).toBe(204);
    await until(() => camera.newest, "it is shown");
  });

  it("says what came instead of a picture, and is none the worse for it", async () => {
    const { camera, url } = await serve();
    await until(() => camera.state.state === "waiting", "it waits for a pusher");
    const answer = await post(url, new TextEncoder().encode("hello"), "application/octet-stream");
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error: string }).error).toMatch(/^Cannot accept the body: 5 bytes .*JPEG/);
    expect([camera.state.state, camera.restarts]).toEqual(["waiting", 0]);
  });

  it("keeps a single picture when its deadline is over, and goes on with the next one", async () => {
    const { camera, url, states } = await serve({ stallAfter: 200 });
    const jpeg = await picture(1);
    await post(url, jpeg);
    await until(() => states.includes("stalled"), "it has been silent");
    await pause(600);
    expect(camera.state.state).toBe("stalled");
    const snapshot = await fetch(url.replace("/frames", "/snapshot?max_age=60000"));
    expect(Buffer.from(await snapshot.arrayBuffer())).toEqual(Buffer.from(jpeg));
    expect(Number(snapshot.headers.get("X-Age"))).toBeGreaterThan(0.5);
    expect((await post(url, await picture(2))).status).toBe(204);
    await until(() => camera.state.state === "live", "it is live again");
    expect(states.slice(states.indexOf("waiting"))).toEqual(["waiting", "starting", "live", "stalled", "live"]);
  });

  it("reads one picture at a time, and refuses others without reading them", async () => {
    const { url } = await serve({ stallAfter: 5000 });
    const { readable, writer } = endless();
    const first = post(url, readable);
    const jpeg = await picture(1);
    await writer.write(jpeg.subarray(0, 100));
    await until(async () => (await post(url, jpeg)).status === 409, "the first has its turn");
    await writer.write(jpeg.subarray(100));
    await writer.close();
    expect((await first).status).toBe(204);
    expect((await post(url, jpeg)).status).toBe(204);
  });

  it.each(["application/octet-stream", "image/jpeg"])(
    "takes the next picture as soon as a body of one-byte chunks is broken off (%s)",
    async (type) => {
      const { url, port } = await serve();
      const socket = connect(port, "127.0.0.1");
      const head = `POST /cameras/door/frames HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: ${type}`;
      socket.on("error", () => {});
      socket.write(`${head}\r\nTransfer-Encoding: chunked\r\n\r\n`);
      const chunks = "1\r\n\0\r\n".repeat(10_000);
      for (let n = 0; n < 30; n++) await new Promise((resolve) => socket.write(chunks, resolve));
      socket.destroy();
      const jpeg = await picture(1);
      const used = cpuTime();
      await until(async () => (await post(url, jpeg)).status === 204, "it is taken");
      expect(used()).toBeLessThan(3000); // the kernel still has most of the body: chunk by chunk it takes 15 s
    },
  );

  /** Opens a push, and sends `bytes` at a rate, after `first` at once; tells what was answered. */
  function pushSlowly(
    port: number,
    type: string,
    { bytes, rate, first = new Uint8Array() }: { bytes: Uint8Array; rate: number; first?: Uint8Array },
  ) {
    const socket = connect(port, "127.0.0.1");
    const state = { answer: "", isOver: false };
    socket.on("error", () => {});
    socket.on("close", () => {
      state.isOver = true;
    });
    socket.on("data", (chunk) => {
      state.answer += chunk;
    });
    const head = `POST /cameras/door/frames HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: ${type}`;
    socket.write(`${head}\r\nContent-Length: ${type === "image/jpeg" ? bytes.length : 1e9}\r\n\r\n`);
    socket.write(first);
    const begun = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(bytes.length, Math.ceil(((performance.now() - begun) / 1000) * rate));
      if (due > sent && !socket.destroyed) socket.write(bytes.subarray(sent, due));
      sent = Math.max(sent, due);
    }, 50);
    closing.push(async () => {
      clearInterval(timer);
      socket.destroy();
    });
    return state;
  }

  it("waits for a picture that comes slowly, and not for one that trickles", async () => {
    const { port, camera } = await serve({ stallAfter: 500 });
    const bytes = await picture(1, { size: 8000 });
    const trickle = pushSlowly(port, "image/jpeg", { bytes, rate: 50 });
    await until(() => trickle.answer !== "", "it is refused");
    expect(trickle.answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*less than 1000 bytes per second/);
    const slow = pushSlowly(port, "image/jpeg", { bytes, rate: 2000 }); // longer than the other one had
    await until(() => slow.answer !== "", "it is taken");
    expect(slow.answer).toMatch(/^HTTP\/1\.1 204 /);
    expect(camera.newest?.data.length).toBe(bytes.length);
  });

  it("waits for the next picture of a stream in the same way", async () => {
    const { port, camera } = await serve({ stallAfter: 500 });
    const [first, second] = [await picture(1), await picture(2, { size: 6000 })];
    const trickle = pushSlowly(port, "video/x-motion-jpeg", { first, bytes: second, rate: 50 });
    await until(() => camera.newest, "the first picture is shown");
    await until(() => trickle.answer !== "", "it is let go of");
    expect(trickle.answer).toMatch(/^HTTP\/1\.1 503 [\s\S]*no picture arrived in time/);
    await until(() => camera.state.state === "waiting", "it waits for the next one");
    const { restarts } = camera;
    const stream = pushSlowly(port, "video/x-motion-jpeg", { first, bytes: second, rate: 2000 });
    await until(() => camera.newest?.data.length === second.length, "both pictures of the slow one are shown");
    expect([camera.newest?.sequence, camera.restarts, stream.answer]).toEqual([2, restarts, ""]);
  });

  it("refuses frames for a camera that has another source with 405", async () => {
    const { url } = await serve();
    expect((await post(url.replace("door", "other"), await picture(1))).status).toBe(405);
  });

  it("lets go of a pusher that stops in the middle of a picture, and takes the next", async () => {
    const { camera, url, port } = await serve({ stallAfter: 400 });
    const jpeg = await picture(1);
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    const head = `POST /cameras/door/frames HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: video/x-motion-jpeg`;
    socket.write(`${head}\r\nContent-Length: 1000000000\r\n\r\n`); // as a small camera does, without chunks
    socket.write(jpeg);
    await until(() => camera.state.state === "live", "it is live");
    socket.write(jpeg.subarray(0, jpeg.length / 2));
    await until(() => camera.state.state === "waiting", "it lets go");
    expect(camera.newest?.sequence).toBe(0);
    await until(async () => (await post(url, await picture(2))).status === 204, "the next is taken");
    await until(() => camera.newest?.sequence === 1, "and nothing of the former is left in it");
    socket.destroy();
  });

  it("answers a client that stops in the middle of its only picture with 408", async () => {
    const { camera, url, port } = await serve({ stallAfter: 300 });
    const jpeg = await picture(1);
    const socket = connect(port, "127.0.0.1");
    let answer = "";
    socket
      .on("error", () => {})
      .on("data", (chunk) => {
        answer += chunk;
      });
    const head = `POST /cameras/door/frames HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: image/jpeg`;
    socket.write(`${head}\r\nContent-Length: ${jpeg.length}\r\n\r\n`);
    socket.write(jpeg.subarray(0, 100));
    await until(() => answer.includes("no data for 0.3 s"), "it is told");
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
    if (!("Deno" in globalThis)) await once(socket, "close"); // Deno leaves that to the client
    socket.destroy();
    expect((await post(url, jpeg)).status).toBe(204);
    await until(() => camera.newest, "what is whole is taken");
  });

  it("thinks nothing of a client that goes in the middle of its only picture", async () => {
    const { errors, url, port } = await serve();
    const jpeg = await picture(1);
    const socket = connect(port, "127.0.0.1");
    const head = `POST /cameras/door/frames HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: image/jpeg`;
    socket.write(`${head}\r\nContent-Length: ${jpeg.length}\r\nExpect: 100-continue\r\n\r\n`);
    await once(socket, "data"); // it is being read
    socket.write(jpeg.subarray(0, 100));
    socket.resetAndDestroy();
    expect((await post(url, jpeg)).status).toBe(204);
    expect(errors).toEqual([]);
  });

  it("waits for a client that asks before it sends", async () => {
    const { camera, port } = await serve();
    const jpeg = await picture(1);
    const socket = connect(port, "127.0.0.1");
    const head = `POST /cameras/door/frames HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: image/jpeg`;
    socket.write(`${head}\r\nContent-Length: ${jpeg.length}\r\nExpect: 100-continue\r\n\r\n`);
    const [first] = await once(socket, "data");
    expect(String(first)).toMatch(/^HTTP\/1.1 100 /);
    socket.write(jpeg);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(/^HTTP\/1.1 204 /);
    await until(() => camera.newest, "it is shown");
    socket.destroy();
  });

  needs("ffmpeg").it("takes what ffmpeg pushes, as the README has it", async () => {
    const { camera, url } = await serve();
    const input = ["-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=15"];
    const words = [...input, "-c:v", "mjpeg", "-f", "mpjpeg", "-method", "POST", url];
    const child = spawn("ffmpeg", ["-hide_banner", "-loglevel", "error", ...words], { stdio: "ignore" });
    await until(() => (camera.newest?.sequence ?? 0) > 20 && camera.fps > 12, "frames come at their rate");
    child.kill("SIGKILL");
    await until(() => camera.state.state === "waiting", "it waits again");
  });
});
