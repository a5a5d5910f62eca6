import { once } from "node:events";
import { networkInterfaces } from "node:os";
import { expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import type { BranchStatus } from "../../src/relay/peer.ts";
import { ViewerLimiter } from "../../src/session/limits.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { type Host, type HostOptions, host } from "../fixtures/host.ts";
import { until } from "../fixtures/until.ts";
import { watchStream } from "../fixtures/viewers.ts";

async function served(limits: HostOptions["limits"], options: HostOptions = {}): Promise<Host> {
  const one = await host(["front", "back"], { limits, ...options });
  onTestFinished(() => one.close());
  for (const feed of one.feeds) await feed.show();
  return one;
}

async function ask(url: string): Promise<{ status: number; wait: string | null; error: string }> {
  const answer = await fetch(url);
  const isJson = answer.headers.get("content-type")?.includes("json");
  const { error = "" } = isJson ? ((await answer.json()) as { error?: string }) : {};
  await answer.body?.cancel().catch(() => {});
  return { status: answer.status, wait: answer.headers.get("retry-after"), error };
}

/** How many viewers a server says it has refused. */
async function refused(url: string): Promise<Record<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.matchAll(/^teecam_viewers_refused_total\{reason="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...lines].map(([, reason, count]) => [reason, Number(count)]));
}

it("A limiter that is asked whether there is room counts nothing, and what is refused counts once", () => {
  const sessions = new Sessions();
  const limiter = new ViewerLimiter(sessions, { viewers: 3, viewersPerCamera: 2, viewersPerAddress: 1 });
  const watch = (camera: string, remote: string) => {
    const branch = { track: { camera, kind: "pictures" } } as BranchStatus;
    sessions.create({ transport: "mjpeg", connection: { remote } }).attach(branch);
  };
  expect(limiter.check("front", { remote: "10.0.0.1" })).toBeUndefined();
  watch("front", "10.0.0.1");
  watch("front", "127.0.0.1");
  const camera = { reason: "camera", message: 'Too many viewers of camera "front": at most 2 at a time' } as const;
  const address = { reason: "address", message: "Too many viewers from your address: at most 1 at a time" } as const;
  for (let n = 0; n < 3; n++) {
    expect(limiter.check("front", { remote: "10.0.0.2" })).toEqual(camera);
    expect(limiter.check("back", { remote: "10.0.0.1" })).toEqual(address);
    expect(limiter.check("back", { remote: "10.0.0.2" })).toBeUndefined();
    expect(limiter.check("back", { remote: undefined })).toBeUndefined();
  }
  watch("back", "127.0.0.1");
  expect(limiter.check("back", { remote: "127.0.0.1" })?.reason).toBe("server");
  expect(limiter.refused).toEqual({ server: 0, camera: 0, address: 0 });
  expect([limiter.refuse(camera), limiter.refuse(address), limiter.refuse(address)]).toEqual([
    ...[camera.message, address.message, address.message],
  ]);
  expect(limiter.refused).toEqual({ server: 0, camera: 1, address: 2 });
});

it("A viewer that is refused is counted once, over each transport", async () => {
  const { url } = await served({ viewers: 1 });
  await watchStream(`${url}/stream`);
  let count = 0;
  expect(await refused(url)).toEqual({ server: 0, camera: 0, address: 0 });
  for (const path of ["/stream", "/snapshot", "/?action=stream"]) {
    expect((await ask(url + path)).status).toBe(503);
    expect(await refused(url)).toEqual({ server: ++count, camera: 0, address: 0 });
  }
  for (const protocols of [[], ["teecam.v1"]]) {
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, protocols);
    socket.on("error", () => {});
    await once(socket, "unexpected-response");
    expect(await refused(url)).toEqual({ server: ++count, camera: 0, address: 0 });
  }
});

it("One viewer too many for the server gets a 503 with Retry-After, and a place when another leaves", async () => {
  const { url, viewers } = await served({ viewers: 2 });
  const first = await watchStream(`${url}/stream`);
  await watchStream(`${url}/cameras/back/stream`);
  const full = { status: 503, wait: "10", error: "Too many viewers: at most 2 at a time" };
  for (const path of ["/stream", "/snapshot", "/?action=stream"]) expect(await ask(url + path)).toEqual(full);
  expect(await ask(`${url}/cameras`)).toMatchObject({ status: 200 }); // looking at states takes no place
  first.leave();
  await until(async () => (await viewers()) === 0, "the place is free");
  expect(await ask(`${url}/snapshot?max_age=1e9`)).toMatchObject({ status: 200 });
});

it("One viewer too many for a camera may watch another", async () => {
  const { url } = await served({ viewersPerCamera: 1 });
  await watchStream(`${url}/stream`);
  expect((await ask(`${url}/stream`)).error).toBe('Too many viewers of camera "front": at most 1 at a time');
  expect((await ask(`${url}/cameras/back/snapshot?max_age=1e9`)).status).toBe(200);
});

it("A WebSocket too many is refused with 503 and Retry-After before it is one", async () => {
  const { url } = await served({ viewers: 1 });
  await watchStream(`${url}/stream`);
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
  socket.on("error", () => {});
  const [, answer] = await once(socket, "unexpected-response");
  expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "10"]);
});

it("Sockets that come all at once get no more places than there are", async () => {
  const { url, viewers } = await served({ viewers: 3 });
  const sockets = Array.from({ length: 20 }, () => new WebSocket(`${url.replace("http", "ws")}/ws`));
  let [open, over] = [0, 0];
  for (const socket of sockets) {
    socket.on("message", () => open++);
    socket.on("error", () => {});
    socket.on("close", () => over++);
  }
  await until(() => over === 17 && open === 3, "three watch and the others are sent away");
  expect(await viewers()).toBe(3);
  for (const socket of sockets) socket.terminate();
});

it("A camera too many on a connection of many is told so, and the others are shown", async () => {
  const { url } = await served({ viewers: 1 });
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "teecam.v1");
  onTestFinished(() => socket.terminate());
  const errors: string[] = [];
  let pictures = 0;
  socket.on("message", (data: Buffer, binary) => {
    if (binary) pictures++;
    else if (data.includes('"error"')) errors.push(JSON.parse(data.toString()).error);
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "subscribe", cameras: ["front", "back"] }));
  await until(() => errors.length > 0 && pictures > 0, "one picture and one error");
  expect(errors).toEqual(["Too many viewers: at most 1 at a time"]);
});

const address = Object.values(networkInterfaces())
  .flat()
  .find((one) => one && !one.internal && one.family === "IPv4")?.address;

it.runIf(address)("One viewer too many from an address leaves other addresses their places", async () => {
  const { url, port } = await served({ viewersPerAddress: 1 }, { hostname: "0.0.0.0" });
  await watchStream(`http://${address}:${port}/stream`);
  const error = "Too many viewers from your address: at most 1 at a time";
  expect((await ask(`http://${address}:${port}/stream`)).error).toBe(error);
  for (let n = 0; n < 2; n++) await watchStream(`${url}/stream`); // a proxy on this machine speaks for many
  expect((await ask(`${url}/snapshot?max_age=1e9`)).status).toBe(200);
});
