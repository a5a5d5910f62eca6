import { once } from "node:events";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { examples } from "../fixtures/examples.ts";
import { type Program, program } from "../fixtures/processes.ts";
import { commandLine } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { type Viewer, watchSocket, watchStream } from "../fixtures/viewers.ts";

const isDeno = "Deno" in globalThis;

/** Runs an example, and settles when it has said where it is: URLs with the final slash. */
async function example(name: string, addresses = 1): Promise<{ ran: Program; urls: string[] }> {
  const ran = program(commandLine(new URL(name, examples)));
  const urls = await until(() => {
    const found = ran.output().match(/^http:\S+\/$/gm) ?? [];
    return found.length === addresses && found;
  }, `${name} listens: ${ran.output()}`);
  return { ran, urls };
}

const sees = (viewer: Viewer, what: string) => until(() => viewer.seen >= 3, `${what} brings pictures`);

/** What anybody looks at, under an address: the page and its files, JSON, a picture, and pictures by all transports. */
async function visit(url: string): Promise<Viewer[]> {
  const page = await (await fetch(url)).text();
  expect(page).toContain("<!doctype html>");
  const [, script = ""] = /<script[^>]* src="([^"]+)"/.exec(page) ?? [];
  const file = await fetch(new URL(script, url));
  expect([file.status, file.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
  await file.body?.cancel();
  const { cameras } = (await (await fetch(`${url}cameras`)).json()) as { cameras: { id: string }[] };
  expect(cameras.map(({ id }) => id)).toEqual(["front"]);
  const snapshot = await fetch(`${url}cameras/front/snapshot`);
  expect([snapshot.status, snapshot.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  await snapshot.body?.cancel();

  const socket = new WebSocket(`${url.replace(/^http/, "ws")}ws`, "teecam.v1");
  const [hello] = await once(socket, "message");
  expect([socket.protocol, JSON.parse(String(hello))]).toEqual([
    "teecam.v1",
    { type: "hello", session: expect.any(String), cameras: ["front"] },
  ]);
  socket.close();

  const viewers = [await watchStream(`${url}stream`), await watchSocket(`${url}cameras/front/stream`)];
  await Promise.all(viewers.map((viewer, at) => sees(viewer, at ? "/ws" : "/stream")));
  return viewers;
}

describe("A program of your own", () => {
  it(`shows cameras under a path of its own, on ${isDeno ? "Deno" : "Node"}`, async () => {
    const { urls } = await example(isDeno ? "deno-mount.ts" : "node-mount.ts");
    const [url = ""] = urls;
    await visit(url);
    expect(await (await fetch(new URL("/", url))).text()).toBe("The house");
    const slashless = await fetch(url.slice(0, -1), { redirect: "manual" });
    expect([slashless.status, slashless.headers.get("location")]).toEqual([301, "./cams/"]);
    expect((await fetch(new URL("/cameras", url))).status).toBe(404);
  });

  it.skipIf(process.platform === "win32")(
    "shares a camera that ran before among its apps, and ends by itself when the last has let go of it",
    async () => {
      const { ran, urls } = await example("two-apps.ts", 2);
      const [first = "", second = ""] = urls;
      const gone = await visit(first);
      const staying = await visit(second);
      process.kill(ran.pid, "SIGUSR2");
      await until(() => ran.output().includes("one is closed"), "the first app is closed");
      await until(() => gone.every(({ over }) => over), "its viewers are told");
      const seen = staying.map((viewer) => viewer.seen);
      await until(() => staying.every((viewer, at) => viewer.seen > (seen[at] ?? 0) + 3), "the others go on");
      process.kill(ran.pid, "SIGTERM");
      await until(() => staying.every(({ over }) => over), "they are told too");
      expect(await ran.ended).toBe(0);
    },
  );
});
