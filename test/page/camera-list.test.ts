import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

interface CameraList {
  readonly cameras: ReadonlyMap<string, { readonly fps: number | null }>;
  readonly server: { readonly state: string; readonly notice: string | null };
  poll(): void;
  setPushed(pushed: boolean): void;
}

const { CameraList } = (await import(new URL("../../public/camera-list.js", import.meta.url).href)) as {
  CameraList: new (onupdate: () => void) => CameraList;
};

const front = { id: "front", state: "live", fps: 30, age: 20, sequence: 0, predictions: null };
let answer: () => Response;
let list: CameraList;
const request = vi.fn(async () => answer());

/** Lets a time pass, and returns how many requests were sent in it. */
async function requestsIn(milliseconds: number): Promise<number> {
  const before = request.mock.calls.length;
  await vi.advanceTimersByTimeAsync(milliseconds);
  return request.mock.calls.length - before;
}

/** Waits for so many requests, and returns the milliseconds before each. */
async function delays(requests: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < requests) {
    let delay = 0;
    do delay += 10;
    while ((await requestsIn(10)) === 0);
    found.push(delay);
  }
  return found;
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("document", { hidden: false });
  vi.stubGlobal("fetch", request);
  answer = () => Response.json({ cameras: [front] });
  list = new CameraList(() => {});
  list.poll();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("The list of cameras", () => {
  it("is polled every second, and every three seconds while changes are reported otherwise", async () => {
    const often = await requestsIn(30_000);
    expect(often).toBeGreaterThanOrEqual(27); // each interval varies by a tenth
    expect(often).toBeLessThanOrEqual(34);
    list.setPushed(true);
    const seldom = await requestsIn(30_000);
    expect(seldom).toBeGreaterThanOrEqual(9);
    expect(seldom).toBeLessThanOrEqual(12);
    list.setPushed(false);
    expect(await requestsIn(2200)).toBeGreaterThanOrEqual(2);
  });

  it("is polled every second after a change, until rates have settled, and while a live camera has no frames", async () => {
    list.setPushed(true);
    await requestsIn(20_000);
    answer = () => Response.json({ cameras: [{ ...front, state: "waiting" }] });
    await delays(1); // the answer to this one has changed
    const [first = 0, second = 0, third = 0, fourth = 0] = await delays(4);
    expect(Math.max(first, second, third)).toBeLessThanOrEqual(1110);
    expect(fourth).toBeGreaterThanOrEqual(2700);

    answer = () => Response.json({ cameras: [{ ...front, age: 2500 }] });
    await delays(1);
    expect(Math.max(...(await delays(10)))).toBeLessThanOrEqual(1110);
  });

  it("says why the server is not online, and tries again every second", async () => {
    list.setPushed(true);
    await requestsIn(20_000);
    answer = () => new Response(null, { status: 503 });
    await requestsIn(3300);
    expect(list.server).toMatchObject({ state: "error", notice: "server error: HTTP 503; retrying" });
    answer = () => {
      throw new TypeError("fetch failed");
    };
    expect(await requestsIn(2200)).toBeGreaterThanOrEqual(2);
    expect(list.server).toMatchObject({ state: "unreachable", notice: "server not reachable; retrying" });
    expect([...list.cameras.keys()]).toEqual(["front"]);
  });

  it("keeps the rate that a camera had before its frames stopped", async () => {
    answer = () => Response.json({ cameras: [{ ...front, sequence: 1, fps: 25 }] });
    await requestsIn(1100);
    answer = () => Response.json({ cameras: [{ ...front, sequence: 1, fps: 3 }] });
    await requestsIn(1100);
    expect(list.cameras.get("front")?.fps).toBe(25);
    answer = () => Response.json({ cameras: [{ ...front, sequence: 2, fps: 10 }] });
    await requestsIn(1100);
    expect(list.cameras.get("front")?.fps).toBe(10);
  });

  it("is not polled while the page is hidden", async () => {
    await requestsIn(1);
    vi.stubGlobal("document", { hidden: true });
    expect(await requestsIn(20_000)).toBe(0);
  });
});
