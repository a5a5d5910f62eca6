import { Hono } from "hono";
import { etag } from "hono/etag";
import { expect, it, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { createApp } from "../../src/app.ts";
import { Camera } from "../../src/camera/camera.ts";
import { until } from "../fixtures/until.ts";

async function cameraAndApp() {
  const front = new Camera({ id: "front", source: "testcard:160x120@10", onDemand: true, predict: "motion" }, adapter);
  onTestFinished(() => front.close());
  const app = createApp({ cameras: new Map([[front.id, front]]) });
  const viewers = async () => ((await (await app.request("/cameras/front")).json()) as { viewers: number }).viewers;
  return { front, app, viewers };
}

const events = { headers: { accept: "text/event-stream" } };

it.each([
  ["/stream", {}],
  ["/predictions", events],
] as const)(
  "A response to %s counts as a viewer from the first read until it is cancelled, and starts the camera no earlier",
  async (path, init) => {
    const { front, app, viewers } = await cameraAndApp();
    const unread = await app.request(path, init);
    expect([unread.status, await viewers(), front.state.state]).toEqual([200, 0, "idle"]);
    const reader = unread.body?.getReader();
    for (const _ of ["a comment of Server-Sent Events, or a part", "what comes of the camera"]) await reader?.read();
    expect([await viewers(), front.state.state]).toEqual([1, "live"]);
    await reader?.cancel();
    await until(async () => (await viewers()) === 0, "it is gone");
  },
);

it.each([
  ["/stream", {}],
  ["/predictions", events],
] as const)("A host's etag() leaves the response to %s alone, whose tag is new each time", async (path, init) => {
  const { app } = await cameraAndApp();
  const host = new Hono().use(etag()).route("/cams", app);
  const [one, other] = [await host.request(`/cams${path}`, init), await host.request(`/cams${path}`, init)];
  expect([one.status, other.headers.get("etag")]).toEqual([
    200,
    expect.not.stringMatching(one.headers.get("etag") ?? ""),
  ]);
  const reader = one.body?.getReader();
  expect((await reader?.read())?.value?.length).toBeGreaterThan(0);
  await reader?.cancel();
});
