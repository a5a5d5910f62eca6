import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { executablePath, launch, open } from "../fixtures/browser.ts";
import { type Host, type HostOptions, host } from "../fixtures/host.ts";
import { needs } from "../fixtures/programs.ts";

/** What a page of another site tries, and what it gets. */
interface Haul {
  /** The width of the picture it shows; 0 is none. */
  readonly img: number;
  /** The same, asked for as a script does that wants to read its pixels. */
  readonly anonymous: number;
  readonly script: string;
  /** What a script may read. */
  readonly fetch: string;
  /** What it is handed and may not read. */
  readonly opaque: string;
  readonly post: string;
  readonly socket: string;
  /** The title of the page in a frame of its, as the browser tells it. */
  readonly frame: boolean;
}

/** A site of its own: another port is another origin, another name another site. */
let other: Server;
let port: number;
let browser: Browser;

beforeAll(async () => {
  browser = await launch();
  other = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end("<!doctype html><title>another site</title>");
  }).listen(0, "127.0.0.1");
  await once(other, "listening");
  const address = other.address();
  port = typeof address === "object" && address ? address.port : 0;
});
afterAll(async () => {
  other.close();
  await browser.close();
});

async function served(options: HostOptions = {}): Promise<Host> {
  const one = await host(["front"], options);
  onTestFinished(() => one.close());
  await one.feeds[0].show();
  return one;
}

/** Opens a page at an origin, and has it try everything. */
async function attack(origin: string, target: string, referrerPolicy = ""): Promise<Haul> {
  const { page } = await open(browser, `${origin}/`);
  const haul = (await page.evaluate(`(async () => {
    const target = ${JSON.stringify(target)};
    const policy = ${JSON.stringify(referrerPolicy)};
    const late = (what) => new Promise((resolve) => setTimeout(resolve, 5000, what));
    const picture = (path, crossOrigin) => Promise.race([late("late"), new Promise((resolve) => {
      const img = new Image();
      if (crossOrigin) img.crossOrigin = crossOrigin;
      img.referrerPolicy = policy;
      img.onload = () => resolve(img.naturalWidth);
      img.onerror = () => resolve(0);
      img.src = target + path;
    })]);
    const script = new Promise((resolve) => {
      const script = document.createElement("script");
      script.onload = () => resolve("loaded");
      script.onerror = () => resolve("refused");
      script.src = target + "/viewer.js";
      document.head.append(script);
    });
    const text = (path, init) => fetch(target + path, { referrerPolicy: policy, ...init })
      .then(async (answer) => answer.type === "opaque" ? "opaque" : answer.status + " " + (await answer.text()).slice(0, 11), () => "refused");
    const socket = Promise.race([late("late"), new Promise((resolve) => {
      const socket = new WebSocket(target.replace("http", "ws") + "/ws");
      socket.onmessage = () => { resolve("frames"); socket.close(); };
      socket.onerror = () => resolve("refused");
    })]);
    const frame = document.createElement("iframe");
    frame.referrerPolicy = policy;
    frame.src = target + "/";
    const framed = new Promise((resolve) => { frame.onload = resolve; });
    document.body.append(frame);
    await framed;
    return {
      img: await picture("/snapshot?max_age=1e9", ""),
      anonymous: await picture("/snapshot?max_age=1e9", "anonymous"),
      script: await script,
      fetch: await text("/cameras"),
      opaque: await text("/cameras", { mode: "no-cors" }),
      post: await text("/cameras/front/frames", { method: "POST", mode: "no-cors", body: "x" }),
      socket: await socket,
    };
  })()`)) as Omit<Haul, "frame">;
  return { ...haul, frame: await showsViewer(page) };
}

async function showsViewer(page: Page): Promise<boolean> {
  const titles = await Promise.all(
    page
      .frames()
      .slice(1)
      .map((frame) => frame.title().catch(() => "")),
  );
  return titles.some((title) => title.includes("teecam"));
}

const empty: Haul = {
  img: 0,
  anonymous: 0,
  script: "refused",
  fetch: "refused",
  opaque: "refused",
  post: "refused",
  socket: "refused",
  frame: false,
};

needs(executablePath).describe("A page of another site", () => {
  let evil: string;
  let neighbour: string;
  beforeEach(() => {
    evil = `http://evil.localhost:${port}`; // Chromium leads every name below localhost to this machine
    neighbour = `http://127.0.0.1:${port}`; // the same site for cookies, and another origin
  });

  it.each(["another site", "the same site at another port"])("gets nothing when it is %s", async (which) => {
    const target = await served();
    expect(await attack(which === "another site" ? evil : neighbour, target.url)).toEqual(empty);
    expect(await target.viewers()).toBe(0);
  });

  it("gets nothing where it does not say who it is", async () => {
    const target = await served({ allowOrigins: [neighbour] });
    expect(await attack(evil, target.url, "no-referrer")).toEqual(empty);
  });

  it("shows and reads everything when it is allowed to, while others get nothing", async () => {
    const target = await served({ allowOrigins: [evil] });
    expect(await attack(evil, target.url)).toEqual({
      img: 64,
      anonymous: 64,
      script: "loaded",
      fetch: '200 {"cameras":',
      opaque: "opaque",
      post: "opaque",
      socket: "frames",
      frame: true,
    });
    expect(await attack(neighbour, target.url)).toEqual(empty);
  });

  it("may link to the page, but lead nobody to it by a name that it has bent to this machine", async () => {
    const target = await served({ allowHosts: ["cam.example.org"] });
    const { page } = await open(browser, `${evil}/`);
    await page.evaluate(`location.href = ${JSON.stringify(target.url)}`);
    await page.waitForURL(`${target.url}/`);
    expect(await page.title()).toContain("teecam");
    const bent = await bend(target, "rebound.example");
    expect(bent).toEqual({ status: 421, body: expect.stringContaining("rebound.example") });
    expect((await bend(target, "cam.example.org")).status).toBe(200);
  });

  it("does not get what a browser's cookie opens", async () => {
    const token = "a token for the page";
    const target = await served({ auth: { token } });
    const { page, complaints } = await open(browser, `${target.url}/?token=${encodeURIComponent(token)}`);
    expect([page.url(), await page.title()]).toEqual([`${target.url}/`, expect.stringContaining("teecam")]);
    expect(await page.evaluate(`fetch("cameras").then((answer) => answer.status)`)).toBe(200);
    expect(await page.evaluate("document.cookie")).toBe("");
    expect(complaints).toEqual([]);
    const stranger = await page.context().newPage();
    await stranger.goto(`${evil}/`);
    const stolen = await stranger.evaluate(
      `fetch("${target.url}/cameras", { credentials: "include" }).then(() => "read", () => "refused")`,
    );
    expect(stolen).toBe("refused");
  });

  it("hands a browser on that follows its link with a token, cookie and all", async () => {
    const target = await served({ auth: { token: "a-token-for-the-page" } });
    const { page } = await open(browser, `${evil}/`);
    await page.evaluate(`location.href = "${target.url}/?token=a-token-for-the-page"`);
    await page.waitForURL(`${target.url}/`);
    expect(await page.title()).toContain("teecam");
  });
});

/** Asks for the page as a browser does whose DNS says that a name is this machine. */
async function bend(target: Host, name: string): Promise<{ status: number | null; body: string }> {
  const rules = `--host-resolver-rules=MAP ${name} 127.0.0.1`;
  const bent = await (await import("playwright-core")).chromium.launch({
    executablePath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", rules],
  });
  onTestFinished(() => bent.close());
  const page = await bent.newPage();
  const answer = await page.goto(`http://${name}:${target.port}/`);
  return { status: answer?.status() ?? null, body: (await answer?.text()) ?? "" };
}

describe("On a plain-HTTP address, where browsers tell less,", () => {
  it("the answer itself says that no other page may show it", async () => {
    const target = await served();
    for (const path of ["/snapshot", "/cameras", "/", "/viewer.js", "/nothing"]) {
      const { headers } = await fetch(target.url + path);
      expect([path, headers.get("cross-origin-resource-policy")]).toEqual([path, "same-origin"]);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'self'");
      expect(headers.get("x-frame-options")).toBe("SAMEORIGIN");
      expect(headers.get("cache-control")).toMatch(/no-store|no-cache/);
    }
  });
});
