import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RawData, WebSocket } from "ws";
import { type Host, host } from "../../fixtures/host.ts";
import { allow } from "../../fixtures/machine.ts";
import { numberOf } from "../../fixtures/picture.ts";
import { until } from "../../fixtures/until.ts";

let served: Host;
beforeEach(async () => {
  served = await host(["front", "back"], { stallAfter: 1500 });
});
afterEach(() => served.close());

interface Picture {
  readonly camera: string;
  readonly sequence: number;
  readonly timestamp: number;
  readonly width: number;
  readonly jpeg: Uint8Array;
}

/** A viewer that keeps what it is told and sent. */
async function viewer(protocols: string[] = ["teecam.v1"], { acks = false } = {}) {
  const socket = new WebSocket(`${served.url.replace("http", "ws")}/ws`, protocols);
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect to find
  const told: any[] = [];
  const pictures: Picture[] = [];
  let closed: number | undefined;
  socket
    .on("error", () => {})
    .on("close", (code) => {
      closed = code;
    });
  socket.on("message", (data: RawData, isBinary) => {
    if (!isBinary) return void told.push(JSON.parse(String(data)));
    const bytes = new Uint8Array(data as Buffer);
    const length = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
    const picture = {
      ...JSON.parse(new TextDecoder().decode(bytes.subarray(2, 2 + length))),
      jpeg: bytes.subarray(2 + length),
    };
    pictures.push(picture);
    if (acks) say({ type: "ack", camera: picture.camera, sequence: picture.sequence });
  });
  await once(socket, "open");
  const say = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  return { socket, told, pictures, say, closed: () => closed };
}

const gone = () => until(async () => (await served.viewers()) === 0, "no viewer is left");

describe("teecam.v1", () => {
  it("is chosen wherever it stands in the list, and says hello with the cameras there are", async () => {
    for (const protocols of [["teecam.v1"], ["chat", "teecam.v1"]]) {
      const { socket, told } = await viewer(protocols);
      expect(socket.protocol).toBe("teecam.v1");
      await until(() => told.length > 0, "hello");
      expect(told[0]).toEqual({ type: "hello", session: expect.any(String), cameras: ["front", "back"] });
      socket.terminate();
    }
  });

  it("carries several cameras, each frame with what belongs to it, and their states", async () => {
    const { socket, told, pictures, say } = await viewer();
    say({ type: "subscribe", cameras: ["front", "back"] });
    await until(() => told.filter(({ type }) => type === "state").length >= 2, "both states");
    for (const feed of served.feeds) {
      const number = await feed.show({ width: 80 });
      const picture = await until(() => pictures.find(({ camera }) => camera === feed.camera.id), "its frame");
      expect(picture).toMatchObject({ sequence: number, timestamp: feed.camera.newest?.timestamp, width: 80 });
      expect(numberOf(picture.jpeg)).toBe(number);
      expect(Buffer.from(picture.jpeg).equals(feed.camera.newest?.data ?? new Uint8Array())).toBe(true);
    }
    await until(() => told.some(({ camera, state }) => camera === "back" && state === "live"), "its state changes");
    await served.feeds[0].camera.close();
    await until(
      () => told.some(({ camera, state }) => camera === "front" && state === "ended"),
      "it says that it ended",
    );
    const before = pictures.length;
    await served.feeds[1]?.show();
    await until(() => pictures.length > before, "the other goes on");
    socket.close();
    await gone();
  });

  it("tells whoever subscribes to a camera that has ended so at once, and goes on with the others", async () => {
    const early = await viewer();
    early.say({ type: "subscribe", cameras: ["front"] });
    await until(() => early.told.some(({ camera }) => camera === "front"), "another one hears of it before");
    await served.feeds[0].camera.close();
    const { socket, told, pictures, say } = await viewer();
    say({ type: "subscribe", cameras: ["front", "back"] });
    const state = await until(() => told.find(({ camera }) => camera === "front"), "its state", 1000);
    expect(state).toMatchObject({ type: "state", camera: "front", state: "ended" });
    await served.feeds[1]?.show();
    await until(() => pictures.some(({ camera }) => camera === "back"), "the other's frame");
    early.socket.close();
    socket.close();
    await gone();
  });

  it("replaces the subscription by the next, and pauses with an empty one", async () => {
    const { socket, pictures, say } = await viewer();
    say({ type: "subscribe", cameras: ["front"] });
    await until(async () => (await served.viewers()) === 1, "it watches");
    say({ type: "subscribe", cameras: [] });
    await gone();
    await served.feeds[0].show();
    expect(pictures).toHaveLength(0);
    say({ type: "subscribe", cameras: ["front"] });
    await until(() => pictures.length === 1, "the newest frame comes at once");
    socket.close();
    await gone();
  });

  it("sends the next frame when the last is acknowledged, the newest then", async () => {
    const { socket, pictures, say } = await viewer();
    say({ type: "subscribe", cameras: ["front"], ack: true });
    await served.feeds[0].show();
    await until(() => pictures.length === 1, "the first comes");
    let newest = 0;
    for (let n = 0; n < 4; n++) newest = await served.feeds[0].show();
    expect(pictures).toHaveLength(1);
    say({ type: "ack", camera: "front", sequence: 0 });
    await until(() => pictures.length === 2, "the next comes");
    expect(pictures[1]?.sequence).toBe(newest);
    const answer = await (await fetch(`${served.url}/cameras/front/viewers`)).json();
    expect((answer as { viewers: unknown[] }).viewers).toMatchObject([
      { pace: "acks", sent: 2, dropped: { replaced: 3 } },
    ]);
    socket.close();
    await gone();
  });

  it("gives cameras their turns when the viewer is slow", async () => {
    const plays = served.feeds.map((feed) => feed.play(30));
    const { socket, pictures, say } = await viewer(["teecam.v1"], { acks: true });
    say({ type: "subscribe", cameras: ["front", "back"], ack: true });
    await until(() => pictures.length >= 40, "pictures come");
    const counts = ["front", "back"].map((name) => pictures.filter(({ camera }) => camera === name).length);
    expect(Math.min(...counts)).toBeGreaterThan(15);
    for (const play of plays) play.stop();
    socket.close();
    await gone();
  });

  it("caps each camera's rate as asked", async () => {
    const plays = served.feeds.map((feed) => feed.play(40));
    const { socket, pictures, say } = await viewer();
    const asked = performance.now();
    say({ type: "subscribe", cameras: ["front", "back"], fps: { back: 5 } });
    await until(() => pictures.filter(({ camera }) => camera === "front").length >= 60, "pictures come");
    const back = pictures.filter(({ camera }) => camera === "back").length;
    expect(back).toBeGreaterThan(4);
    expect(back).toBeLessThan((5 * (performance.now() - asked)) / 1000 + 6);
    for (const play of plays) play.stop();
    socket.close();
    await gone();
  });

  it("caps no rate of a camera whose name every object knows", async () => {
    await served.close();
    served = await host(["constructor"]);
    const [feed] = served.feeds;
    const { socket, pictures, say } = await viewer();
    say({ type: "subscribe", cameras: ["constructor"], fps: { front: 1 } });
    const { stop } = feed.play(40);
    await until(() => pictures.length > 20, "pictures come");
    stop();
    socket.close();
    await gone();
  });

  it("answers a ping with its clock", async () => {
    const { socket, told, say } = await viewer();
    say({ type: "ping", id: "x" });
    const pong = await until(() => told.find(({ type }) => type === "pong"), "a pong");
    expect(pong.id).toBe("x");
    expect(Math.abs(pong.now - Date.now())).toBeLessThan(allow(200));
    socket.close();
  });

  it("answers nonsense with an error, goes on, and closes with 1008 when it is repeated", async () => {
    const { told, say, closed, pictures } = await viewer();
    say({ type: "subscribe", cameras: ["front", "side"] });
    const unknown = await until(() => told.find(({ type }) => type === "error"), "an error");
    expect(unknown.error).toBe('No camera "side"');
    say("{");
    say({ type: "reboot" });
    await until(() => told.filter(({ type }) => type === "error").length === 3, "errors");
    await served.feeds[0].show();
    await until(() => pictures.length === 1, "pictures come all the same");
    for (let n = 0; n < 3; n++) say("nonsense");
    await until(() => closed() !== undefined, "it is closed");
    expect(closed()).toBe(1008);
    await gone();
  });

  it("closes with 1009 when a message is too long", async () => {
    const { say, closed } = await viewer();
    say({ type: "ping", id: "x".repeat(20_000) });
    await until(() => closed() !== undefined, "it is closed");
    expect(closed()).toBe(1009);
    await gone();
  });

  it("lets go of a viewer that acknowledges nothing any more", async () => {
    const { say, closed } = await viewer();
    say({ type: "subscribe", cameras: ["front"], ack: true });
    await served.feeds[0].show();
    await gone();
    await until(() => closed() !== undefined, "it is closed");
  });
});
