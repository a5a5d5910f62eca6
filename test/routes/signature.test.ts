import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createApp } from "../../src/app.ts";
import type { AuthOptions } from "../../src/auth/token-store.ts";
import { type Host, host } from "../fixtures/host.ts";

let served: Host;
beforeAll(async () => {
  served = await host(["front", "back"]);
  for (const feed of served.feeds) await feed.show();
});
afterAll(() => served.close());

const appWith = (auth?: AuthOptions) =>
  createApp({ cameras: new Map(served.feeds.map(({ camera }) => [camera.id, camera])), auth });

describe("GET /cameras/{id}/signature", () => {
  const headers = { authorization: "Bearer opens-everything" };

  it("returns a query that shows that camera, and no other, for so many seconds", async () => {
    const app = appWith({ token: "opens-everything" });
    const response = await app.request("/cameras/front/signature?seconds=600", { headers });
    expect(response.headers.get("cache-control")).toContain("no-store");
    const { query, expires } = (await response.json()) as { query: string; expires: number };
    expect(Math.abs(expires - Date.now() - 600_000)).toBeLessThan(30_000);
    expect((await app.request(`/cameras/front/snapshot?max_age=1e9&${query}`)).status).toBe(200);
    expect((await app.request(`/cameras/back/snapshot?max_age=1e9&${query}`)).status).toBe(403);
    expect((await app.request(`/cameras/front/signature?${query}`)).status).toBe(403);
  });

  it("returns an empty query where everyone may see all cameras", async () => {
    expect(await (await appWith().request("/cameras/front/signature")).json()).toEqual({ query: "", expires: null });
  });

  it.each(["0", "-1", "1.5", "x", "1e9"])("refuses %s seconds", async (seconds) => {
    const app = appWith({ token: "opens-everything" });
    const response = await app.request(`/cameras/front/signature?seconds=${seconds}`, { headers });
    expect(response.status).toBe(400);
  });

  it("says that there is nothing to sign with where no secret is configured", async () => {
    const app = appWith({ tokens: [{ token: "opens-everything", rights: ["view", "admin"] }] });
    const response = await app.request("/cameras/front/signature", { headers });
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([
      501,
      "Cannot sign URLs: there is neither secret nor token",
    ]);
  });
});
