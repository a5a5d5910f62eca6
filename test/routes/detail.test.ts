import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { adapter } from "#adapter";
import type { Server } from "../../src/adapter/serve.ts";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { CameraOptions } from "../../src/camera/options.ts";
import { subprotocol } from "../../src/transport/teecam-v1/subprotocol.ts";
import { freePort } from "../fixtures/ports.ts";
import { until } from "../fixtures/until.ts";

const admin = "the-admin-token";
const viewer = "the-viewer-token";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const told = /SECRET|127\.0\.0\.1|example\.invalid|hunter2/;
const missing = "/no/such/SECRET";

let cameras: Map<string, Camera>;
let server: Server;
let base = "";
beforeAll(async () => {
  const closed = await freePort();
  const all: CameraOptions[] = [
    { id: "refused", source: `http://u:hunter2@127.0.0.1:${closed}/SECRET?key=hunter2` },
    { id: "dialled", source: `tcp://127.0.0.1:${closed}` },
    { id: "unknown", source: "http://SECRET.example.invalid/" },
    { id: "program", source: ["sh", "-c", "echo DB=SECRET >&2; exit 3"] },
    { id: "missing", source: [missing, "--key", "hunter2"] },
    { id: "killed", source: ["sh", "-c", "echo SECRET >&2; kill -9 $$"] },
    { id: "watched", source: "push", predict: { command: ["sh", "-c", "echo SECRET >&2; exit 4"] } },
    { id: "unpredicted", source: "push", predict: { command: [missing] } },
  ];
  cameras = new Map(all.map((options) => [options.id ?? "", new Camera(options, adapter)]));
  const auth = { token: admin, tokens: [{ token: viewer }] };
  server = await adapter.serve((upgradeWebSocket) => createApp({ cameras, auth, upgradeWebSocket }), {
    hostname: "127.0.0.1",
    port: 0,
    protocols: [subprotocol],
  });
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(async () => {
  await Promise.all([...cameras.values()].map((camera) => camera.close()));
  await server.close(500);
});

interface Report {
  readonly detail: string | null;
  readonly predictions: { readonly detail: string | null } | null;
}

const report = async (id: string, token: string) =>
  (await (await fetch(`${base}/cameras/${id}`, { headers: bearer(token) })).json()) as Report;

/** The reason that a token is told of a camera or of its predictor, once there is one, also while the next run starts. */
const reasons = (id: string, token: string) =>
  until(async () => {
    const { detail, predictions } = await report(id, token);
    return (predictions?.detail ?? detail)?.replace(/^last run: /, "");
  }, `a reason for ${id}`);

describe("Why a camera or a predictor has failed", () => {
  it.each([
    ["refused", /^connection refused$/, /SECRET/],
    ["dialled", /^connection refused$/, /refused/i],
    ["unknown", /^host not found$/, /example\.invalid/],
    ["program", /^program exited with code 3$/, /^sh exited with code 3: DB=SECRET$/],
    ["missing", /^program cannot be started: not found$/, /^\/no\/such\/SECRET: command not found$/],
    ["killed", /^program was ended by SIGKILL$/, /^sh was ended by SIGKILL: SECRET$/],
    ["watched", /^program exited with code 4$/, /^sh exited with code 4: SECRET$/],
    ["unpredicted", /^program cannot be started: not found$/, /SECRET/],
  ])("is told by its kind to viewers, and whole to admins (%s)", async (id, kind, whole) => {
    expect(await reasons(id, viewer)).toMatch(kind);
    expect(await reasons(id, admin)).toMatch(whole);
  });

  it("is told to viewers by its kind alone on every way", async () => {
    for (const id of cameras.keys()) await reasons(id, viewer);
    const get = async (path: string) => (await fetch(base + path, { headers: bearer(viewer) })).text();
    for (const path of [
      "/cameras",
      "/readyz",
      "/state",
      "/cameras/watched/predictions",
      "/cameras/unpredicted/predictions",
    ]) {
      expect([path, await get(path)]).toEqual([path, expect.not.stringMatching(told)]);
    }
    const states = async (token: string) => {
      const socket = new WebSocket(`${base.replace("http", "ws")}/ws`, subprotocol, { headers: bearer(token) });
      await once(socket, "open");
      const texts: string[] = [];
      socket.on("message", (data) => void texts.push(String(data)));
      socket.send(JSON.stringify({ type: "subscribe", cameras: [...cameras.keys()] }));
      await until(() => texts.filter((text) => /exited with code 3/.test(text)).length > 0, "states");
      await until(() => new Set(texts.filter((text) => text.includes('"state"'))).size >= cameras.size, "all states");
      socket.terminate();
      return texts.join("\n");
    };
    expect(await states(viewer)).not.toMatch(told);
    expect(await states(admin)).toMatch(/SECRET/);
  });
});
