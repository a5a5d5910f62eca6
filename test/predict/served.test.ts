import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { adapter } from "#adapter";
import type { Server } from "../../src/adapter/serve.ts";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import type { Prediction } from "../../src/predict/prediction.ts";
import type { SessionReport } from "../../src/session/session.ts";
import { subprotocol } from "../../src/transport/teecam-v1/subprotocol.ts";
import { allow } from "../fixtures/machine.ts";
import { until } from "../fixtures/until.ts";

let folder = "";
let server: Server;
let base = "";
const cameras = new Map<string, Camera>();
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "teecam-served-"));
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const sessions = new URL("../../src/session/context.ts", import.meta.url).href;
  const seen = file("seen.ts", "export default (frame) => ({ seen: frame.sequence });");
  const mine = file(
    "mine.ts",
    `import { getSession } from ${JSON.stringify(sessions)};
    export default async (frame, { session }) => { await null; return { mine: getSession()?.id, same: session?.id }; };`,
  );
  const large = file("large.ts", 'export default () => ({ text: "x".repeat(100_000) });');
  const many = file("many.ts", "export default function* (frame) { for (let i = 0; i < 20; i++) yield { i }; }");
  const stubborn = { command: ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"] as const };
  for (const [id, predict] of [
    ["front", { module: seen }],
    ["many", { module: many, fps: 10 }],
    ["large", { module: large }],
    ["never", { command: ["false"] as const }],
    ["blind", undefined],
  ] as const) {
    const predictors: CameraOptions["predictors"] = id === "large" ? { stubborn } : { mine: { module: mine } };
    cameras.set(id, new Camera({ id, source: "testcard:160x120@30", predict, predictors }, adapter));
  }
  const { connection } = adapter;
  server = await adapter.serve(
    (upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection, stallAfter: 1500, maxPredictors: 2 }),
    { hostname: "127.0.0.1", port: 0, protocols: [subprotocol] },
  );
  base = `http://127.0.0.1:${server.port}`;
  await until(
    () => ["front", "many"].every((id) => cameras.get(id)?.predictor?.predictions.newest),
    "something is predicted",
  );
});
afterAll(async () => {
  await Promise.all([...cameras.values()].map((camera) => camera.close()));
  await server?.close(500);
  rmSync(folder, { recursive: true, force: true });
});

type Told = Prediction<Record<string, unknown>> & { readonly type?: string; readonly lost?: number };

async function follow(path: string, protocols: string[] = []) {
  const socket = new WebSocket(`${base.replace("http", "ws")}${path}`, protocols);
  const told: Told[] = [];
  let frames = 0;
  let closed: number | undefined;
  socket
    .on("error", () => {})
    .on("close", (code) => {
      closed = code;
    });
  socket.on("message", (data, isBinary) => {
    if (isBinary) frames++;
    else told.push(JSON.parse(String(data)));
  });
  onTestFinished(() => socket.terminate());
  await once(socket, "open");
  return { socket, told, frames: () => frames, closed: () => closed };
}

/** Reads events until there are `count`, then leaves. */
function events(
  path: string,
  { count = 3, lastEventId }: { count?: number; lastEventId?: number } = {},
): Promise<{ type: string | undefined; text: string; ids: number[]; told: Told[] }> {
  return new Promise((resolve, reject) => {
    const headers = {
      Accept: "text/event-stream",
      ...(lastEventId === undefined ? {} : { "Last-Event-ID": String(lastEventId) }),
    };
    const asked = request(`${base}${path}`, { agent: false, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
        const blocks = [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)];
        if (blocks.length < count) return;
        asked.destroy();
        resolve({
          type: response.headers["content-type"],
          text,
          ids: blocks.map(([, id]) => Number(id)),
          told: blocks.map(([, , data]) => JSON.parse(data ?? "")),
        });
      });
      response.on("error", () => {});
    });
    asked.on("error", reject).end();
  });
}

/** The viewers of a camera, as they are listed. */
async function viewers(id = "front") {
  const answer = await fetch(`${base}/cameras/${id}/viewers`);
  return ((await answer.json()) as { viewers: SessionReport[] }).viewers;
}

describe("GET /cameras/{id}/predictions", () => {
  it("is the newest as JSON, also without the camera's name", async () => {
    for (const path of ["/cameras/front/predictions", "/predictions"]) {
      const answer = await fetch(base + path);
      const told = (await answer.json()) as Told;
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store, no-transform"]);
      expect(told).toEqual({
        camera: "front",
        sequence: expect.any(Number),
        timestamp: expect.any(Number),
        started: expect.any(Number),
        duration: expect.any(Number),
        result: { seen: told.sequence },
      });
    }
  });

  it.each([
    ["/cameras/blind/predictions", 404, /^Camera "blind" has no predictor: configure one with "predict"$/],
    ["/cameras/none/predictions", 404, /^No camera "none"/],
    ["/cameras/front/predictions?predictor=yours", 404, /^No predictor "yours" on camera "front"; available: mine$/],
    ["/cameras/front/predictions?predictor=mine", 400, /WebSocket or an event stream/],
    ["/cameras/front/predictions?all=x", 400, /^Bad all "x"/],
    [
      "/cameras/never/predictions",
      503,
      /^No prediction on camera "never" yet: its predictor is (failed: false exited with code 1|starting)$/,
    ],
  ])("answers %s with %i and says why", async (path, status, why) => {
    const answer = await fetch(base + path);
    expect([answer.status, ((await answer.json()) as { error: string }).error]).toEqual([
      status,
      expect.stringMatching(why),
    ]);
  });

  it("is a WebSocket with one prediction a message", async () => {
    const { told, socket } = await follow("/cameras/front/predictions");
    await until(() => told.length >= 5, "predictions come");
    const sequences = told.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    for (const { sequence, result } of told) expect(result).toEqual({ seen: sequence });
    expect((await viewers()).map(({ transport }) => transport)).toEqual(["predictions"]);
    socket.close();
    await until(async () => (await viewers()).length === 0, "the viewer is gone");
  });

  it("misses none with all unless it says how many, and is the newest without", async () => {
    const [all, newest] = await Promise.all([
      follow("/cameras/many/predictions?all=1"),
      follow("/cameras/many/predictions"),
    ]);
    await until(() => all.told.length >= 100, "many come");
    const steps = all.told
      .slice(1, 60)
      .map(({ result }, n) => (Number(result.i) - Number(all.told[n]?.result.i) + 20) % 20);
    expect(steps).toEqual(all.told.slice(1, 60).map(({ lost = 0 }) => (1 + Number(lost)) % 20));
    expect(newest.told.length).toBeGreaterThan(3);
  });

  it("is a stream of events with ids, which goes on where a viewer was", async () => {
    const first = await events("/cameras/many/predictions");
    expect(first.type).toBe("text/event-stream");
    const last = Math.max(...first.ids);
    const next = await events("/cameras/many/predictions", { lastEventId: last - 10, count: 5 });
    expect(next.ids).toEqual([1, 2, 3, 4, 5].map((i) => last - 10 + i));
    const all = await events("/cameras/many/predictions?all=1", { count: 30 });
    // On a busy machine a viewer may lose some: none without being told how many.
    const steps = all.ids.slice(1).map((id, i) => id - (all.ids[i] ?? 0));
    expect(steps).toEqual(all.told.slice(1).map(({ lost = 0 }) => 1 + Number(lost)));
    const strange = await events("/cameras/many/predictions", { lastEventId: 1e12, count: 1 });
    expect(strange.ids[0]).toBeGreaterThan(last);
  });

  it("lets go of who leaves, and answers HEAD without following", async () => {
    await events("/cameras/front/predictions");
    const head = await fetch(`${base}/cameras/front/predictions`, {
      method: "HEAD",
      headers: { Accept: "text/event-stream" },
    });
    expect(head.headers.get("content-type")).toBe("text/event-stream");
    await until(async () => (await viewers()).length === 0, "nobody is left");
  });

  it("runs a viewer's own predictor with its session, for as long as it stays, and for no more than there is room", async () => {
    const front = cameras.get("front");
    const one = await follow("/cameras/front/predictions?predictor=mine");
    const two = await follow("/cameras/front/predictions?predictor=mine");
    await until(() => one.told.length > 1 && two.told.length > 1, "both are told");
    for (const { told } of [one, two]) {
      expect(told[0]).toMatchObject({ predictor: "mine", result: { mine: told[0]?.result.same } });
      expect(new Set(told.map(({ result }) => result.mine)).size).toBe(1);
    }
    expect(one.told[0]?.result.mine).toEqual(expect.any(String));
    expect(one.told[0]?.result.mine).not.toBe(two.told[0]?.result.mine);
    const third = await fetch(`${base}/cameras/front/predictions?predictor=mine`, {
      headers: { Accept: "text/event-stream" },
    });
    expect([third.status, await third.json()]).toEqual([
      503,
      { error: "Too many predictors for one viewer each: at most 2 at a time" },
    ]);
    one.socket.terminate();
    two.socket.terminate();
    await until(() => front?.privatePredictors === 0, "both predictors are gone");
  });

  it("counts predictors that are to come, and those that will not go", async () => {
    const large = cameras.get("large");
    const url = `${base.replace("http", "ws")}/cameras/large/predictions?predictor=stubborn`;
    let most = 0;
    for (let round = 0; round < 3; round++) {
      const crowd = Array.from({ length: 6 }, () => new WebSocket(url).on("error", () => {}));
      onTestFinished(() => {
        for (const socket of crowd) socket.terminate();
      });
      await until(() => crowd.filter(({ readyState }) => readyState > 1).length >= 4, "four find no room");
      most = Math.max(most, large?.privatePredictors ?? 0);
      for (const socket of crowd) socket.terminate();
    }
    expect(most).toBe(2);
    await until(() => large?.privatePredictors === 0, "they are gone after all");
  });
});

describe("teecam.v1", () => {
  it("carries predictions next to the frames they belong to, to those who ask", async () => {
    const asking = await follow("/ws", ["teecam.v1"]);
    const silent = await follow("/ws", ["teecam.v1"]);
    asking.socket.send(JSON.stringify({ type: "subscribe", cameras: ["front", "blind"], predictions: true }));
    silent.socket.send(JSON.stringify({ type: "subscribe", cameras: ["front"] }));
    const said = ({ told }: { told: Told[] }) => told.filter(({ type }) => type === "prediction");
    await until(() => said(asking).length > 5 && asking.frames() > 5 && silent.frames() > 5, "both come");
    expect(said(asking)[0]).toEqual({
      type: "prediction",
      camera: "front",
      sequence: expect.any(Number),
      timestamp: expect.any(Number),
      started: expect.any(Number),
      duration: expect.any(Number),
      result: { seen: said(asking)[0]?.sequence },
    });
    expect(said(silent)).toEqual([]);
    const [first, second, ...rest] = await viewers();
    expect(first).toMatchObject({ transport: "websocket", predictions: { sent: expect.any(Number) } });
    expect(first?.predictions?.sent).toBeGreaterThan(5);
    expect([second?.predictions, rest]).toEqual([undefined, []]);
    asking.socket.send(JSON.stringify({ type: "subscribe", cameras: ["front"] }));
    asking.socket.send(JSON.stringify({ type: "ping", id: 1 }));
    await until(() => asking.told.some(({ type }) => type === "pong"), "it is heard");
    const before = said(asking).length;
    const frames = asking.frames();
    await until(() => asking.frames() > frames + 5, "frames go on");
    expect(said(asking).length).toBeLessThanOrEqual(before + 1);
    asking.socket.send(JSON.stringify({ type: "subscribe", cameras: [], predictions: 1 }));
    await until(() => asking.told.some(({ type }) => type === "error"), "an error");
  });
});

describe.each([false, true])("teecam.v1 with large predictions, acknowledged: %s,", (ack) => {
  it("sends no old ones to who was slow for a while, and frames as well", async () => {
    await until(() => cameras.get("large")?.predictor?.predictions.newest, "something is predicted");
    const { socket, told, frames } = await follow("/ws", ["teecam.v1"]);
    socket.on("message", (data: Buffer, isBinary) => {
      if (!ack || !isBinary) return;
      const { camera, sequence } = JSON.parse(data.subarray(2, 2 + data.readUInt16BE()).toString());
      socket.send(JSON.stringify({ type: "ack", camera, sequence }));
    });
    const late: number[] = [];
    socket.send(JSON.stringify({ type: "subscribe", cameras: ["large"], predictions: true, ack }));
    await until(() => told.filter(({ type }) => type === "prediction").length > 3 && frames() > 3, "both come");
    socket.pause();
    await sleep(1200); // less than a viewer is waited for
    const [before, resumed] = [told.length, Date.now()];
    socket.on("message", (data, isBinary) => {
      const { timestamp } = isBinary ? {} : JSON.parse(String(data));
      if (timestamp / 1000 < resumed - allow(300)) late.push(timestamp);
    });
    const drawn = frames();
    socket.resume();
    await until(() => told.length > before + 15 && frames() > drawn + 15, "both go on");
    expect(late.length).toBeLessThan(10);
    const [viewer, ...rest] = await viewers("large");
    expect(viewer?.predictions?.dropped.replaced).toBeGreaterThan(5); // those of the pause
    expect(rest).toEqual([]);
  });
});

describe("GET /cameras/{id}", () => {
  it("tells how the predictor fares", async () => {
    const report = async (id: string) =>
      (await (await fetch(`${base}/cameras/${id}`)).json()) as { predictions: object | null; predictors: string[] };
    const { predictions, predictors } = await report("front");
    expect(predictions).toMatchObject({
      predictor: expect.stringMatching(/seen\.ts$/),
      state: "live",
      detail: null,
      rate: expect.any(Number),
      restarts: 0,
      invalidLines: { malformed: 0, unsolicited: 0, mismatched: 0 },
      lastInvalidLine: null,
      age: expect.any(Number),
    });
    expect(predictors).toEqual(["mine"]);
    expect((await report("blind")).predictions).toBeNull();
    const never = () => cameras.get("never")?.predictor?.report();
    await until(
      () => (never()?.restarts ?? 0) > 0 && never()?.cause?.startsWith("false exited with code 1"),
      "it failed",
    );
  });
});
