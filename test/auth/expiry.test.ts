import { once } from "node:events";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { sign } from "../../src/auth/signed-url.ts";
import { callAt } from "../../src/session/call-at.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { type Host, host } from "../fixtures/host.ts";
import { until } from "../fixtures/until.ts";

const token = "a-long-token";

/** Serves a camera that shows pictures, and returns a function that signs a URL which ends soon. */
async function served(): Promise<{ host: Host; signed: (path: string) => Promise<string> }> {
  const one = await host([], { auth: { token } });
  onTestFinished(() => one.close());
  const play = one.feeds[0].play(20);
  onTestFinished(() => play.stop());
  const signed = async (path: string) => {
    const expires = Math.ceil(Date.now() / 1000) + 2;
    return `${one.url}${path}?${await sign(token, { camera: "camera", right: "view", expires })}`;
  };
  return { host: one, signed };
}

it("A stream ends when its signed URL does, and one with a token goes on", async () => {
  const { host, signed } = await served();
  const watch = async (url: string, headers: Record<string, string> = {}) => {
    const answer = await fetch(url, { headers });
    expect(answer.status).toBe(200);
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    onTestFinished(() => reader.cancel().catch(() => {}));
    return reader;
  };
  const url = await signed("/cameras/camera/stream");
  const control = await watch(`${host.url}/stream`, { authorization: `Bearer ${token}` });
  const reader = await watch(url);
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
  }
  expect(bytes).toBeGreaterThan(0);
  expect((await fetch(url)).status).toBe(401);
  expect((await control.read()).done).toBe(false);
});

it.each([
  ["of one camera", []],
  ["by teecam.v1 that watches nothing", ["teecam.v1"]],
])("A WebSocket %s is closed with 1008 when its signed URL ends", async (_, protocols) => {
  const { signed } = await served();
  const url = await signed("/cameras/camera/ws");
  const socket = new WebSocket(url.replace("http", "ws"), protocols);
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  const [code, reason] = await once(socket, "close");
  expect([code, String(reason)]).toEqual([1008, "The signed URL has expired"]);
});

/** Serves a camera with a predictor for everybody and one for each viewer, and signs a URL of its predictions. */
async function predicting(): Promise<(query?: string) => Promise<string>> {
  const { Camera } = await import("../../src/camera/camera.ts");
  const { adapter } = await import("#adapter");
  const { createApp } = await import("../../src/app.ts");
  const predict = { command: ["sh", "-c", "while read -r line; do echo '{}'; done"] as const };
  const camera = new Camera(
    { id: "camera", source: "testcard:64x48@10", predict, predictors: { mine: predict } },
    adapter,
  );
  const { connection } = adapter;
  const server = await adapter.serve(
    (upgradeWebSocket) =>
      createApp({ cameras: new Map([["camera", camera]]), auth: { token }, upgradeWebSocket, connection }),
    { hostname: "127.0.0.1", port: 0, protocols: ["teecam.v1"] },
  );
  onTestFinished(async () => {
    await Promise.all([server.close(500), camera.close()]);
  });
  await until(() => camera.newest, "a picture");
  return async (query = "") => {
    const expires = Math.ceil(Date.now() / 1000) + 2;
    const signature = await sign(token, { camera: "camera", right: "view", expires });
    return `http://127.0.0.1:${server.port}/cameras/camera/predictions?${signature}${query}`;
  };
}

it.each([
  ["for everybody", ""],
  ["for one viewer", "&predictor=mine"],
])("Predictions %s end with their signed URL, as Server-Sent Events and over a WebSocket", async (_, query) => {
  const signed = await predicting();
  const url = await signed(query);
  const control = await fetch(url.replace(/\?.*/, query.replace("&", "?")), {
    headers: { accept: "text/event-stream", authorization: `Bearer ${token}` },
  });
  expect(control.status).toBe(200);
  const reader = (control.body as ReadableStream<Uint8Array>).getReader();
  onTestFinished(() => reader.cancel().catch(() => {}));
  const socket = new WebSocket(url.replace("http", "ws"));
  onTestFinished(() => socket.terminate());
  const events = await fetch(url, { headers: { accept: "text/event-stream" } });
  expect([events.status, events.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  const closed = once(socket, "close");
  let bytes = 0;
  for await (const chunk of events.body ?? []) bytes += chunk.length;
  expect(bytes).toBeGreaterThan(0);
  const [code, reason] = await closed;
  expect([code, String(reason)]).toEqual([1008, "The signed URL has expired"]);
  expect((await reader.read()).done).toBe(false);
});

it("A push ends when its signed URL does", async () => {
  const { Camera } = await import("../../src/camera/camera.ts");
  const { adapter } = await import("#adapter");
  const { createApp } = await import("../../src/app.ts");
  const camera = new Camera({ id: "door", source: "push" }, adapter);
  onTestFinished(() => camera.close());
  const app = createApp({ cameras: new Map([["door", camera]]), auth: { token } });
  const expires = Math.ceil(Date.now() / 1000) + 1;
  const query = await sign(token, { camera: "door", right: "push", expires });
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    cancel() {
      isCancelled = true;
    },
  });
  const headers = { "content-type": "multipart/x-mixed-replace; boundary=x" };
  const init: RequestInit & { duplex: "half" } = { method: "POST", body, headers, duplex: "half" };
  const answer = app.request(`/cameras/door/frames?${query}`, init);
  await until(() => isCancelled, "the body is let go of");
  expect((await answer).ok).toBe(false);
});

it("A time beyond what timers take is waited for all the same, and one that has passed is not waited for", async () => {
  let calls = 0;
  const forget = callAt(Date.now() + 2 ** 40, () => calls++);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(calls).toBe(0);
  forget();
  callAt(Date.now() - 1000, () => calls++);
  await until(() => calls === 1, "it is called");
  const session = new Sessions().create({ transport: "mjpeg", connection: {}, expires: Date.now() - 1 });
  expect(session.isExpired).toBe(true);
});
