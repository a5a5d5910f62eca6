import { Hono } from "hono";
import { expect, it } from "vitest";
import { createApp } from "../../src/app.ts";

const app = new Hono().route("/cams", createApp({ cameras: new Map() }));

it.each([
  ["PUT", "/cams/", "GET, HEAD"],
  ["POST", "/cams/viewer.js", "GET, HEAD"],
  ["DELETE", "/cams/cameras", "GET, HEAD"],
  ["PATCH", "/cams/cameras/front/stream", "GET, HEAD"],
  ["OPTIONS", "/cams/snapshot", "GET, HEAD"],
  ["POST", "/cams/livez", "GET, HEAD"],
  ["GET", "/cams/frames", "POST, PUT"],
  ["DELETE", "/cams/cameras/front/frames", "POST, PUT"],
])("%s %s is refused with the methods that are allowed: %s", async (method, path, allow) => {
  const response = await app.request(path, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
  expect(await response.json()).toEqual({ error: `${method} is not allowed here: use ${allow.replace(", ", " or ")}` });
});

it("Any method is answered 404 where there is nothing", async () => {
  for (const method of ["GET", "PUT", "DELETE"])
    expect((await app.request("/cams/nothing", { method })).status).toBe(404);
});
