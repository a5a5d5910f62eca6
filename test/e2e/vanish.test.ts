import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { expect, it, onTestFinished } from "vitest";
import { host } from "../fixtures/host.ts";
import { stopwatch } from "../fixtures/machine.ts";
import { needs } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

const isRoot = process.platform === "linux" && process.getuid?.() === 0;
if (!isRoot) console.warn("Skipped, a viewer that vanishes from the network needs root on Linux");

const ip = (...words: string[]) => execFileSync("ip", words, { stdio: ["ignore", "ignore", "inherit"] });
let machines = 0;
const stallAfter = 1500;
const upgrade =
  "Connection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\\r\\n";

(isRoot ? needs("ip", "ss", "node").it : it.skip).each([
  ["a stream", "/stream", ""],
  ["a WebSocket", "/ws", upgrade],
])(
  "A viewer of %s whose machine vanishes from the network is let go, and its connection too",
  async (_, path, headers) => {
    const vanish = network();
    const served = await host([], { hostname: "0.0.0.0", stallAfter });
    onTestFinished(() => served.close());
    const play = served.feeds[0].play(20, { size: 50_000 });
    onTestFinished(() => play.stop());
    const program = `
    const socket = require("node:net").connect(${served.port}, "10.92.7.1");
    socket.write("GET ${path} HTTP/1.1\\r\\nHost: 10.92.7.1:${served.port}\\r\\n${headers}\\r\\n");
    let bytes = 0;
    socket.on("data", (chunk) => { if (bytes < 1e6 && (bytes += chunk.length) >= 1e6) console.log("it sees"); });
  `;
    await vanish.run(program);
    expect(await served.viewers()).toBe(1);
    expect(connections(served.port)).toBe(1);

    vanish.now();
    const start = performance.now();
    const elapsed = stopwatch();
    await until(async () => (await served.viewers()) === 0, "the viewer is let go");
    expect(performance.now() - start).toBeGreaterThan(stallAfter - 300);
    expect(elapsed()).toBeLessThan(2 * stallAfter);
    await until(() => connections(served.port) === 0, "the kernel has let go of its connection");
  },
);

(isRoot ? needs("ip", "ss", "node").it : it.skip).each([
  ["a stream that waits for its first picture", "/stream", "", "HTTP/1.1 200"],
  ["teecam.v1 that watches nothing", "/ws", `${upgrade}Sec-WebSocket-Protocol: teecam.v1\\r\\n`, "hello"],
])("A viewer of %s whose machine vanishes is let go, though it is sent nothing", async (_, path, headers, sign) => {
  const vanish = network();
  const served = await host([], { hostname: "0.0.0.0", stallAfter });
  onTestFinished(() => served.close());
  await vanish.run(`
    const socket = require("node:net").connect(${served.port}, "10.92.7.1");
    socket.write("GET ${path} HTTP/1.1\\r\\nHost: 10.92.7.1:${served.port}\\r\\n${headers}\\r\\n");
    socket.on("data", (chunk) => { if (chunk.includes("${sign}")) console.log("it is answered"); });
  `);
  expect(connections(served.port)).toBe(1);
  vanish.now();
  await until(() => connections(served.port) === 0, "the kernel has let go of its connection");
  await until(async () => (await served.viewers()) === 0, "the viewer is let go");
});

/** A machine of its own at 10.92.7.2, which runs a program and vanishes without a word; this one is 10.92.7.1 to it. */
function network() {
  const name = `teecam-vanish-${process.pid}-${++machines}`;
  const [here = "", there = ""] = ["near", "far"].map((end) => `tc${process.pid}-${machines}-${end}`);
  ip("netns", "add", name);
  onTestFinished(() => void ip("netns", "del", name));
  ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", name);
  onTestFinished(() => void ip("link", "del", here)); // a namespace lives on for as long as the vanished one's packets do
  ip("address", "add", "10.92.7.1/30", "dev", here);
  ip("link", "set", here, "up");
  ip("-n", name, "address", "add", "10.92.7.2/30", "dev", there);
  ip("-n", name, "link", "set", there, "up");
  return {
    /** Runs a program of Node's until it prints something. */
    async run(program: string): Promise<void> {
      const viewer = spawn("ip", ["netns", "exec", name, "node", "-e", program], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      onTestFinished(() => void viewer.kill("SIGKILL"));
      await once(viewer.stdout, "data");
    },
    now: () => ip("-n", name, "link", "set", there, "down"), // nobody says goodbye
  };
}

/** Connections of the kernel's to the vanished machine, in whatever state. */
function connections(port: number): number {
  const lines = execFileSync("ss", ["-Htan", `sport = :${port}`, "dst", "10.92.7.2"], { encoding: "utf8" });
  return lines.split("\n").filter(Boolean).length;
}
