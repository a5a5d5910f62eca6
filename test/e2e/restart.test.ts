import { existsSync, readFileSync } from "node:fs";
import process from "node:process";
import { expect, it } from "vitest";
import { stopwatch } from "../fixtures/machine.ts";
import { freePort } from "../fixtures/ports.ts";
import { countable, descendants, descriptors, program, runs } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import type { Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { type Viewer, watchSocket, watchStream } from "../fixtures/viewers.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect to find
const camera = async ({ url }: Teecam): Promise<any> => (await fetch(`${url}/cameras/camera`)).json();

const pid = ({ child }: Teecam) => child.pid ?? 0;

/** The children of the server that have this name. */
const children = (server: Teecam, name: string) => descendants(pid(server)).filter((one) => one.name.startsWith(name));

/** Watches over both transports. */
async function watch({ url }: Teecam, times = 1): Promise<Viewer[]> {
  const both = Array.from({ length: times }, () => [watchStream(`${url}/stream`), watchSocket(`${url}/stream`)]);
  return Promise.all(both.flat());
}

/** Settles when each of them has seen so many more pictures, and returns after how many milliseconds of a stopwatch. */
async function more(viewers: readonly Viewer[], count: number): Promise<number> {
  const elapsed = stopwatch();
  const seen = viewers.map((viewer) => viewer.seen + count);
  await until(() => viewers.every((viewer, at) => viewer.seen >= (seen[at] ?? 0)), `${count} more pictures arrive`);
  return elapsed();
}

function gstreamer(port: number) {
  const raw = "videotestsrc is-live=true ! video/x-raw,framerate=15/1,width=640,height=480";
  const sink = `jpegenc ! multipartmux boundary=spionisto ! tcpclientsink host=127.0.0.1 port=${port}`;
  return program(["gst-launch-1.0", ...`${raw} ! ${sink}`.split(" ")]);
}

const ffmpeg = ["ffmpeg", "-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc=rate=15", "-f", "mjpeg", "-"];

/** The states of the sockets of a port of this machine, those left out that only wait for stray packets. */
function sockets(port: number): string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
    existsSync(table) ? readFileSync(table, "utf8").split("\n").slice(1) : [],
  );
  return lines.flatMap((line) => {
    const [, address = "", , state = ""] = line.trim().split(/\s+/);
    return address.endsWith(local) && state !== "06" ? [state] : [];
  });
}

needs("gst-launch-1.0").describe("GStreamer that is killed and started again", () => {
  it.each(["SIGKILL", "SIGTERM"] as const)(
    "after %s is seen again within two seconds by those who have stayed",
    async (signal) => {
      const port = await freePort();
      const server = await serve([`tcp-listen://127.0.0.1:${port}`]);
      const viewers = await watch(server);
      const first = gstreamer(port);
      await more(viewers, 10);

      first.signal(signal);
      await first.ended;
      await until(async () => (await camera(server)).state === "waiting", "the camera waits for a writer");
      gstreamer(port);
      expect(await more(viewers, 5)).toBeLessThan(2000);
      expect(viewers.map(({ over }) => over)).toEqual([false, false]);
      const { state, viewers: sessions } = await camera(server);
      expect([state, sessions]).toEqual(["live", 2]);
    },
  );
});

needs("ffmpeg").describe.runIf(countable)("A command that is killed", () => {
  it("is started again, is seen by those who have stayed, and leaves no zombie", async () => {
    const server = await serve(["--", ...ffmpeg]);
    const viewers = await watch(server);
    await more(viewers, 5);
    for (let time = 0; time < 3; time++) {
      const [before] = children(server, "ffmpeg");
      process.kill(before?.pid ?? 0, "SIGKILL");
      await until(() => !before || !descendants(pid(server)).some((one) => one.pid === before.pid), "it is reaped");
      await more(viewers, 5);
      const all = children(server, "ffmpeg");
      expect(all).toHaveLength(1);
      expect(all[0]?.pid).not.toBe(before?.pid);
    }
    expect(descendants(pid(server)).filter(({ zombie }) => zombie)).toEqual([]);
    expect(viewers.map(({ over }) => over)).toEqual([false, false]);
    expect(server.output()).toContain("camera restarting: ffmpeg was ended by SIGKILL");
  });

  it("is started again although what it has started keeps its output open, and takes that with it", async () => {
    const server = await serve(["--", "sh", "-c", `sleep 1000 & exec ${ffmpeg.join(" ")}`]);
    const viewers = await watch(server);
    await more(viewers, 5);
    const before = [...children(server, "ffmpeg"), ...children(server, "sleep")];
    expect(before).toHaveLength(2);
    process.kill(before[0]?.pid ?? 0, "SIGKILL");
    expect(await more(viewers, 5)).toBeLessThan(3000);
    expect(before.filter(runs)).toEqual([]);
    expect([children(server, "ffmpeg").length, children(server, "sleep").length]).toEqual([1, 1]);
  });
});

needs("ffmpeg").describe("A viewer that is killed", () => {
  it("is let go of within a second", async () => {
    const server = await serve(["testcard:320x240@15"]);
    const viewers = Array.from({ length: 3 }, () =>
      program(["ffmpeg", "-v", "error", "-nostdin", "-i", `${server.url}/stream`, "-f", "null", "-"]),
    );
    const watched = async (count: number) => (await camera(server)).viewers === count;
    await until(() => watched(3), "all three watch");
    for (const viewer of viewers.slice(1)) viewer.signal("SIGKILL");
    await until(() => watched(1), "two are let go of", 1000);
    viewers[0]?.signal("SIGKILL");
    await until(() => watched(0), "all are let go of", 1000);
  });
});

it.runIf(countable)("Viewers that come and go leave no descriptor and no process behind", async () => {
  const server = await serve(["testcard:320x240@15"]);
  await until(() => /camera (is )?live/.test(server.output()), "the camera is live"); // asking would open a descriptor
  const visit = async () => {
    const viewers = await watch(server, 10);
    await more(viewers, 3);
    const open = descriptors(pid(server));
    for (const viewer of viewers) viewer.leave();
    return open;
  };
  const before = { descriptors: descriptors(pid(server)), processes: descendants(pid(server)).length };
  const now = () => ({ descriptors: descriptors(pid(server)), processes: descendants(pid(server)).length });
  for (let time = 0; time < 3; time++) {
    expect(await visit()).toBeGreaterThanOrEqual(before.descriptors + 20);
    await until(() => now().descriptors <= before.descriptors, `there are ${before.descriptors} descriptors again`);
  }
  expect(now()).toEqual(before);
  expect((await camera(server)).viewers).toBe(0);
});

it.runIf(countable)("SIGINT under twenty viewers ends all streams, and leaves no process and no socket", async () => {
  const server = await serve(["testcard:320x240@15", "--", "sh", "-c", "sleep 1000"]);
  const viewers = await watch(server, 10);
  await more(viewers, 3);
  const all = await until(() => children(server, "sleep").length > 0 && descendants(pid(server)), "all have started");
  expect(sockets(server.port).length).toBeGreaterThan(20);

  const sinceAsked = stopwatch();
  expect(await server.stop("SIGINT")).toBe(0);
  expect(sinceAsked()).toBeLessThan(2000);
  await until(() => viewers.every(({ over }) => over), "every viewer is told", 1000);
  await until(() => !all.some(runs), "no process is left", 1000);
  await until(() => sockets(server.port).length === 0, "no socket is left", 2000);
  expect(server.output()).not.toMatch(/^\s+at |ERR/m);
});

it.runIf(countable)("SIGKILL leaves no process that writes pictures", async () => {
  const server = await serve(["testcard:320x240@15", "testcard:160x120@1"]);
  const isLive = async (id: string) => /"state":"live"/.test(await (await fetch(`${server.url}/cameras/${id}`)).text());
  await until(async () => (await isLive("camera")) && (await isLive("camera-2")), "the cameras are live");
  const all = descendants(pid(server));
  expect(all.length).toBeGreaterThanOrEqual(2);
  expect(await server.stop("SIGKILL")).toBe("SIGKILL");
  await until(() => !all.some(runs), "no process is left", 3000);
});
