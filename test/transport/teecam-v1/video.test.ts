import { once } from "node:events";
import { WSContext } from "hono/ws";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type RawData, WebSocket } from "ws";
import type { Frame } from "../../../src/media/frame.ts";
import type { VideoChunk } from "../../../src/media/video-chunk.ts";
import { Broadcaster } from "../../../src/relay/broadcaster.ts";
import { StateStream } from "../../../src/relay/state.ts";
import { Sessions } from "../../../src/session/sessions.ts";
import { TeecamV1Connection } from "../../../src/transport/teecam-v1/connection.ts";
import { needs } from "../../fixtures/programs.ts";
import { start, type Teecam } from "../../fixtures/teecam.ts";
import { until } from "../../fixtures/until.ts";
import { decode } from "../../video/decode.ts";

/** The header of a frame, as it is sent. */
interface Header {
  readonly camera: string;
  readonly sequence: number;
  readonly codec?: string;
  readonly key?: boolean;
}

function unpack(data: Uint8Array): Header & { readonly data: Uint8Array<ArrayBuffer> } {
  const length = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  return { ...JSON.parse(new TextDecoder().decode(data.subarray(2, 2 + length))), data: data.slice(2 + length) };
}

/** A connection to a camera whose pictures, coded or not, the test makes. */
function connected({ unavailable }: { readonly unavailable?: string } = {}) {
  let keys = 0;
  let give: ReadableStreamDefaultController<VideoChunk> | undefined;
  const chunks = new ReadableStream<VideoChunk>({
    start(controller) {
      give = controller;
    },
  });
  const track = { camera: "front", kind: "video" } as const;
  const coded = new Broadcaster(chunks, { track, retention: "since-key", onKeyNeeded: () => keys++ });
  void coded.tee({ retention: "latest" }).pipeTo(new WritableStream());
  const video = Object.assign(coded, { unavailable: async () => unavailable });
  const frame = {
    data: Uint8Array.of(0xff, 0xd8),
    sequence: 7,
    timestamp: 1,
    arrival: performance.now(),
    width: 8,
    height: 8,
  };
  const pictures = new Broadcaster<Frame>(
    new ReadableStream({
      start(controller) {
        controller.enqueue(frame);
      },
    }),
    { track: { camera: "front", kind: "pictures" } },
  );
  void pictures.tee().pipeTo(new WritableStream());
  const states = new StateStream("live");
  const sent: ReturnType<typeof unpack>[] = [];
  const errors: string[] = [];
  const raw = { bufferedAmount: 0 };
  const socket = new WSContext({
    send(data) {
      if (typeof data !== "string") sent.push(unpack(new Uint8Array(data as ArrayBuffer)));
      else if (JSON.parse(data).type === "error") errors.push(JSON.parse(data).error);
    },
    close() {},
    readyState: 1,
    raw,
  });
  const sessions = new Sessions();
  const connection = new TeecamV1Connection({
    socket,
    session: sessions.create({ transport: "websocket", connection: {} }),
    names: () => ["front"],
    find: () => ({ pictures, video, newest: undefined, states: () => states.tee() }),
  });
  onTestFinished(() => connection.close());
  let sequence = 0;
  return {
    sent,
    errors,
    raw,
    sessions,
    keys: () => keys,
    say: (message: object) => connection.receive(JSON.stringify(message)),
    /** Codes a picture. */
    code(key = false) {
      sequence++;
      const data = Uint8Array.of(0, 0, 0, 1, sequence);
      give?.enqueue({
        ...frame,
        data,
        key,
        codec: "avc1.42c01e",
        time: sequence,
        sequence,
        arrival: performance.now(),
      });
    },
    sequences: () => sent.map(({ sequence }) => sequence),
  };
}

const subscribe = { type: "subscribe", cameras: ["front"], video: ["avc1"] };

describe("A subscription with video", () => {
  it("gets chunks in order from a key on, with codec and key in the header", async () => {
    const { say, code, sent, keys } = connected();
    say(subscribe);
    await until(() => keys() === 1, "a key is asked for");
    for (const key of [false, true, false]) code(key);
    await until(() => sent.length === 2, "two are sent");
    expect(sent).toEqual([
      expect.objectContaining({ camera: "front", sequence: 2, codec: "avc1.42c01e", key: true, width: 8, height: 8 }),
      expect.objectContaining({ sequence: 3, codec: "avc1.42c01e", key: false, timestamp: 1 }),
    ]);
    expect(sent[1]?.data).toEqual(Uint8Array.of(0, 0, 0, 1, 3));
  });

  it("is sent the next one when it acknowledges the last, and none is left out", async () => {
    const { say, code, sent, sequences } = connected();
    say({ ...subscribe, ack: true });
    code(true);
    await until(() => sent.length === 1, "the first is sent");
    for (let n = 0; n < 5; n++) code();
    for (let n = 1; n < 6; n++) {
      say({ type: "ack", camera: "front", sequence: sent.at(-1)?.sequence });
      await until(() => sent.length > n, `${n + 1} are sent`); // without another one that comes
    }
    expect(sequences()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("goes on with a key when it has fallen behind, and asks for that once", async () => {
    const { say, code, sent, keys, raw, sessions, sequences } = connected();
    say(subscribe);
    await until(() => keys() === 1, "it has begun");
    code(true);
    await until(() => sent.length === 1, "the first is sent");
    raw.bufferedAmount = 1_000_000;
    code(); // is sent, and stays in the runtime
    for (let n = 0; n < 40; n++) code();
    await until(() => keys() === 2, "a key is asked for");
    code(true); // 43
    code();
    raw.bufferedAmount = 0;
    await until(() => sequences().includes(44), "it goes on");
    expect(sequences()).toEqual([1, 2, 43, 44]);
    expect(sessions.report("front")[0]?.dropped).toEqual({ replaced: 40, rate: 0, age: 0 });
    expect(keys()).toBe(2);
  });

  it.each([
    ["with a maximum rate", { fps: 5 }],
    ["with another codec", { video: ["vp09"] }],
  ])("gets JPEGs %s", async (_, more) => {
    const { say, sent, keys } = connected();
    say({ ...subscribe, ...more });
    await until(() => sent.length > 0, "a picture is sent");
    expect(sent[0]).not.toHaveProperty("codec");
    expect(keys()).toBe(0);
  });

  it("gets JPEGs, and the reason, where nothing can be coded", async () => {
    const { say, sent, errors } = connected({ unavailable: "ffmpeg has no encoder for H.264" });
    say(subscribe);
    await until(() => sent.length > 0, "a picture is sent");
    expect(sent[0]).not.toHaveProperty("codec");
    expect(errors).toEqual(['Camera "front" is sent as JPEG: ffmpeg has no encoder for H.264']);
  });

  it("is replaced by one without, and the other way round", async () => {
    const { say, code, sent, sessions } = connected();
    const kinds = () => [...(sessions.of("front")[0]?.branches ?? [])].map(({ track }) => track?.kind);
    say(subscribe);
    await until(() => kinds().length > 0, "it has begun");
    expect(kinds()).toEqual(["video"]);
    say({ ...subscribe, video: [] });
    expect(kinds()).toEqual(["pictures"]);
    await until(() => sent.length > 0, "a picture is sent");
    say(subscribe);
    say({ ...subscribe, cameras: [] }); // before it has begun
    say(subscribe);
    await until(() => kinds().join() === "video", "it has begun again");
    code(true);
    await until(() => sent.at(-1)?.key === true, "a key is sent");
  });
});

needs("ffmpeg").describe("teecam.v1 with video", () => {
  let server: Teecam;
  beforeAll(async () => {
    server = await start(["testcard:320x240@15"]);
  });

  it("sends what decodes to the pictures that it tells of", async () => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`, ["teecam.v1"]);
    onTestFinished(() => socket.terminate());
    const sent: ReturnType<typeof unpack>[] = [];
    socket.on("message", (data: RawData, isBinary) => {
      if (!isBinary) return;
      const one = unpack(new Uint8Array(data as Buffer));
      sent.push(one);
      socket.send(JSON.stringify({ type: "ack", camera: one.camera, sequence: one.sequence }));
    });
    await once(socket, "open");
    socket.send(JSON.stringify({ ...subscribe, cameras: ["camera"], ack: true }));
    await until(() => sent.length >= 30, "pictures come");
    const got = sent.slice(0, 30);
    expect(got.filter(({ key }) => key)).toEqual([got[0]]);
    const numbers = await decode(got as unknown as VideoChunk[]);
    const offsets = got.map(({ sequence }, n) => (numbers[n] ?? Number.NaN) - sequence); // the card counts by time slots
    expect(numbers.every((number) => number !== undefined)).toBe(true);
    expect(offsets.every((offset, n) => offset >= (offsets[n - 1] ?? 0))).toBe(true);
  });
});
