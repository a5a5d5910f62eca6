import { once } from "node:events";
import { createServer } from "node:http";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { cleanUp } from "../fixtures/clean-up.ts";
import { picture } from "../fixtures/picture.ts";
import { until } from "../fixtures/until.ts";
import { readParts } from "./parts.ts";

const hour = 3600; // seconds

/** A teecam whose clock is wrong by `skew` seconds, and whose pictures are `age` seconds old when it sends them. */
async function upstream(skew: number, age: number | undefined): Promise<string> {
  const jpeg = await picture(1);
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Type": "multipart/x-mixed-replace; boundary=teecam" });
    let sequence = 0;
    const timer = setInterval(() => {
      const time = Math.max(1, Date.now() / 1000 + skew).toFixed(6);
      const told = age === undefined ? "" : `X-Age: ${age}\r\n`;
      const headers = `X-Timestamp: ${time}\r\nX-Sequence: ${sequence++}\r\n${told}`;
      response.write(`--teecam\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n${headers}\r\n`);
      response.write(jpeg);
      response.write("\r\n");
    }, 50);
    response.on("close", () => clearInterval(timer));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
}

/** A teecam that shows what another one does. */
async function cascade(source: string) {
  const camera = new Camera({ id: "cam", source }, adapter);
  const { connection } = adapter;
  const server = await adapter.serve(
    (upgradeWebSocket) => createApp({ cameras: new Map([["cam", camera]]), upgradeWebSocket, connection }),
    { hostname: "127.0.0.1", port: 0, protocols: ["teecam.v1"] },
  );
  cleanUp(async () => {
    await camera.close();
    await server.close(1000);
  });
  return { camera, url: `http://127.0.0.1:${server.port}` };
}

/** Milliseconds by which a page is behind, by the clock that its pings tell of. */
async function lagOfPage(url: string): Promise<number> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, "teecam.v1");
  cleanUp(() => socket.terminate());
  let offset: number | undefined;
  let lag: number | undefined;
  socket.on("message", (data: Buffer, isBinary) => {
    const message = JSON.parse(isBinary ? data.subarray(2, 2 + data.readUInt16BE()).toString() : data.toString());
    if (message.type === "hello") {
      socket.send(JSON.stringify({ type: "ping", id: 1 }));
      socket.send(JSON.stringify({ type: "subscribe", cameras: ["cam"] }));
    }
    if (message.type === "pong") offset = message.clock - performance.now();
    if (isBinary && offset !== undefined) lag = performance.now() + offset - message.clock;
  });
  return until(() => lag, "a picture comes");
}

describe("A teecam behind one whose clock is", () => {
  it.each([
    ["an hour slow", -hour],
    ["an hour fast", hour],
    ["right", 0],
    ["at 1970", -Date.now() / 1000],
  ])("%s tells how old its pictures are, not how wrong that clock is", async (_, skew) => {
    const { camera, url } = await cascade(await upstream(skew, 2));
    await until(() => camera.fps > 5, "it is live");
    const lag = await lagOfPage(url);
    expect(lag).toBeGreaterThan(1900);
    expect(lag).toBeLessThan(30_000);
    const age = Number((await fetch(`${url}/snapshot?max_age=1e6`)).headers.get("x-age"));
    expect(age).toBeGreaterThan(1.9);
    expect(age).toBeLessThan(30);
    if (Math.abs(skew) > 24 * hour) return;
    const captured = (camera.newest?.timestamp ?? 0) / 1e6 - Date.now() / 1000 - skew;
    expect(Math.abs(captured)).toBeLessThan(60); // the time of the capture is passed on
  });

  it("slow, and does not tell ages, is as live as what comes from it", async () => {
    const { camera, url } = await cascade(await upstream(-hour, undefined));
    await until(() => camera.fps > 5, "it is live");
    expect(await lagOfPage(url)).toBeLessThan(30_000);
  });
});

it("Ages are added, hop after hop", async () => {
  const first = await cascade(await upstream(-hour, 1));
  const second = await cascade(`${first.url}/stream`);
  const third = await cascade(`${second.url}/cameras/cam/stream`);
  await until(() => third.camera.newest, "a picture comes");
  const stream = readParts(`${third.url}/stream`);
  await until(() => stream.parts.length > 2, "pictures come");
  for (const { headers } of stream.parts) expect(Number(headers["x-age"])).toBeGreaterThanOrEqual(0.99);
  const polled = await cascade(`${second.url}/snapshot`);
  await until(() => polled.camera.newest, "a picture comes");
  expect(performance.now() - (polled.camera.newest?.arrival ?? 0)).toBeGreaterThan(990);
});
