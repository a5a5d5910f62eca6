import { WSContext } from "hono/ws";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../../src/media/frame.ts";
import type { Prediction } from "../../../src/predict/prediction.ts";
import { Broadcaster } from "../../../src/relay/broadcaster.ts";
import type { TrackName } from "../../../src/relay/peer.ts";
import { StateStream } from "../../../src/relay/state.ts";
import { Sessions } from "../../../src/session/sessions.ts";
import { TeecamV1Connection } from "../../../src/transport/teecam-v1/connection.ts";
import { until } from "../../fixtures/until.ts";

function shared<T>(camera: string, kind: TrackName["kind"]) {
  let feed: ReadableStreamDefaultController<T> | undefined;
  const source = new ReadableStream<T>({
    start: (controller) => {
      feed = controller;
    },
  });
  const track = new Broadcaster(source, { track: { camera, kind } });
  void track.tee(); // or it would end with its last viewer
  return { track, give: (chunk: T) => feed?.enqueue(chunk) };
}

/** A camera whose pictures and predictions the test makes. */
function camera(name: string) {
  const [pictures, predictions] = [shared<Frame>(name, "pictures"), shared<Prediction>(name, "predictions")];
  const states = new StateStream("live");
  let sequence = 0;
  return {
    handle: {
      pictures: pictures.track,
      predictor: { predictions: predictions.track },
      newest: undefined,
      states: () => states.tee(),
    },
    show() {
      const data = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
      pictures.give({ data, sequence: sequence++, timestamp: 1, arrival: performance.now(), width: 8, height: 8 });
    },
    predict: () =>
      predictions.give({ camera: name, sequence, timestamp: 1, started: 1, duration: 1, result: { box: "x" } }),
  };
}

/** A connection to cameras named `front` and `back`, what is sent over it, and who is shown as a viewer. */
function connected() {
  const cameras = new Map(["front", "back"].map((name) => [name, camera(name)]));
  const raw = { bufferedAmount: 0 };
  const counts = { frames: 0, predictions: 0 };
  const socket = new WSContext({
    send(data) {
      if (typeof data !== "string") counts.frames++;
      else if (JSON.parse(data).type === "prediction") counts.predictions++;
    },
    close() {},
    readyState: 1,
    raw,
  });
  const sessions = new Sessions();
  const session = sessions.create({ transport: "websocket", connection: {} });
  const connection = new TeecamV1Connection({
    socket,
    session,
    names: () => [...cameras.keys()],
    find: (name) => cameras.get(name)?.handle,
  });
  const say = (message: object) => connection.receive(JSON.stringify(message));
  const subscribe = (names: readonly string[], predictions: boolean) =>
    say({ type: "subscribe", cameras: names, predictions });
  return { cameras, raw, counts, sessions, session, connection, subscribe };
}

describe("A connection of teecam.v1", () => {
  it("is one session, shown once for each camera, with predictions or without", () => {
    const { sessions, session, subscribe, connection } = connected();
    expect([sessions.count, session.branches.size]).toEqual([0, 0]);
    subscribe(["front", "back"], true);
    expect(session.branches.size).toBe(4);
    expect([sessions.count, sessions.countOf("front"), sessions.countOf("back")]).toEqual([2, 1, 1]);
    expect([...sessions.of("front"), ...sessions.of("back")]).toEqual([session, session]);
    expect(sessions.report("front")).toMatchObject([
      { id: session.id, camera: "front", transport: "websocket", sent: 0, predictions: { sent: 0 } },
    ]);
    subscribe(["back"], false);
    expect([session.branches.size, sessions.count, sessions.countOf("front")]).toEqual([1, 1, 0]);
    expect(sessions.report("back")).toEqual([expect.not.objectContaining({ predictions: expect.anything() })]);
    connection.close();
    expect([session.branches.size, sessions.count]).toEqual([0, 0]);
  });

  it("counts the predictions that its viewer was too slow for, apart from the frames", async () => {
    const { cameras, raw, counts, sessions, subscribe, connection } = connected();
    subscribe(["front"], true);
    const front = cameras.get("front");
    front?.show();
    front?.predict();
    await until(() => counts.frames === 1 && counts.predictions === 1, "both are sent");
    raw.bufferedAmount = 1_000_000;
    front?.show();
    await until(() => counts.frames === 2, "a frame is sent, and stays in the runtime");
    for (let n = 0; n < 6; n++) front?.predict();
    for (let n = 0; n < 3; n++) front?.show();
    await until(() => {
      const [viewer] = sessions.report("front");
      return viewer?.dropped.replaced === 2 && viewer.predictions?.dropped.replaced === 5;
    }, "the dropped ones are counted");
    raw.bufferedAmount = 0;
    await until(() => counts.frames === 3 && counts.predictions === 2, "the newest of both are sent");
    expect(sessions.report("front")).toMatchObject([
      { sent: 3, dropped: { replaced: 2, rate: 0, age: 0 }, predictions: { sent: 2, dropped: { replaced: 5 } } },
    ]);
    connection.close();
  });
});
