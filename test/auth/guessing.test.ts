import { Hono } from "hono";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createApp } from "../../src/app.ts";
import { FailureDelay } from "../../src/auth/failure-delay.ts";
import { Camera } from "../../src/camera/camera.ts";
import type { SourceRuntime } from "../../src/source/driver.ts";

const token = "the-right-token";
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("Who guesses tokens", () => {
  it("is answered later and later, and whoever has the right one at once", async () => {
    const app = createApp({ cameras: new Map(), auth: { token }, connection: () => ({ remote: "192.0.2.1" }) });
    const ask = async (token: string) => {
      const begun = performance.now();
      const { status } = await app.request("/cameras", bearer(token));
      return { status, took: performance.now() - begun };
    };
    for (let n = 0; n < 40; n++) expect((await ask(`guess-${n}`)).status).toBe(401);
    const pending = ask("guess-40"); // 600 ms
    const right = await ask(token);
    expect(right.status).toBe(200);
    expect(right.took).toBeLessThan((await pending).took);
    expect((await pending).took).toBeGreaterThan(500);
  });

  it("delays nobody of another address, and is remembered among a thousand at most", async () => {
    const delay = new FailureDelay();
    const took = async (remote: string) => {
      const begun = performance.now();
      await delay.wait(remote);
      return performance.now() - begun;
    };
    for (let n = 0; n < 12; n++) await delay.wait("192.0.2.1");
    expect(await took("192.0.2.1")).toBeGreaterThan(50);
    expect(await took("192.0.2.2")).toBeLessThan(50);
    for (let n = 0; n < 12; n++) await delay.wait(`2001:db8:0:1:${n}::1`);
    expect(await took("2001:db8:0:1::7")).toBeGreaterThan(50); // one network
    for (let n = 0; n < 1000; n++) await delay.wait(`198.51.100.${n}`);
    expect(await took("192.0.2.1")).toBeLessThan(50);
  });
});

it("Who guesses over many connections makes few of them wait, so that others find a place", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const delay = new FailureDelay();
  const waiting = new Set<number>();
  const guess = async (remote: string, n: number) => {
    waiting.add(n);
    await delay.wait(remote);
    waiting.delete(n);
  };
  const all = Array.from({ length: 100 }, (_, n) => guess("192.0.2.1", n));
  await vi.advanceTimersByTimeAsync(0);
  expect(waiting.size).toBe(8);
  const others = Array.from({ length: 3000 }, (_, n) => guess(`198.51.100.${n % 100}`, 100 + n));
  await vi.advanceTimersByTimeAsync(0);
  expect(waiting.size).toBe(64);
  await vi.advanceTimersByTimeAsync(1000);
  await Promise.all([...all, ...others]);
  expect(waiting.size).toBe(0);
});

describe("A login below a path that the app does not know", () => {
  const teecam = createApp({ cameras: new Map(), auth: { token } });

  it("keeps it in cookie and redirect under host.mount()", async () => {
    const host = new Hono().mount("/a/cams", teecam.fetch);
    const answer = await host.request(`http://host/a/cams/?token=${token}`);
    expect(answer.status).toBe(303);
    const location = new URL(answer.headers.get("location") ?? "", "http://host/a/cams/?token=x");
    expect(location.href).toBe("http://host/a/cams/");
    expect(answer.headers.get("set-cookie")).not.toMatch(/path=/i); // the browser takes the folder: /a/cams
    const cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? "";
    expect((await host.request("http://host/a/cams/cameras", { headers: { cookie } })).status).toBe(200);
  });

  it.each([
    ["/cams", "Path=/cams", "/cams/"],
    ["/a/cams/", "Path=/a/cams", "/a/cams/"],
    ["//evil.example", undefined, "./"],
    ["/x; Domain=evil.example", undefined, "./"],
  ])("follows a proxy that says it has cut off %j", async (prefix, path, location) => {
    const answer = await teecam.request(`/?token=${token}`, { headers: { "x-forwarded-prefix": prefix } });
    const attributes = answer.headers.get("set-cookie")?.split("; ") ?? [];
    expect(attributes.find((one) => one.startsWith("Path="))).toBe(path);
    expect(answer.headers.get("location")).toBe(location);
    expect(attributes.some((one) => one.startsWith("Domain"))).toBe(false);
  });
});

it("A token for some cameras sees no others in the metrics", async () => {
  const runtime = {} as SourceRuntime; // a source that is pushed needs none
  const cameras = new Map(["front", "back"].map((id) => [id, new Camera({ id, source: "push" }, runtime)]));
  const limited = "back-alone";
  const app = createApp({
    cameras,
    auth: { token, tokens: [{ token: limited, cameras: ["back"], rights: ["admin"] }] },
  });
  const metrics = async (token: string) => (await app.request("/metrics", bearer(token))).text();
  const all = await metrics(token);
  expect(all).toContain('camera="front"');
  const some = await metrics(limited);
  expect(some).toContain('camera="back"');
  expect(some).not.toContain("front");
  expect(some).toContain("process_");
  await Promise.all([...cameras.values()].map((camera) => camera.close()));
});
