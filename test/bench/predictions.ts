// What predictions cost and how late they are, next to a broadcast written by hand with ws that asks the same predictor in
// the same run; what stopped viewers do to the others; and what a predictor does to video. Linux, for /proc.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Frame } from "../../src/media/frame.ts";
import { FrameParserStream } from "../../src/media/frame-parser.ts";
import { picture } from "../fixtures/picture.ts";
import { commandLine } from "../fixtures/teecam.ts";

const seconds = Number(process.env.SECONDS ?? 5);
const counts = (process.env.VIEWERS ?? "50,200,400").split(",").map(Number);
const node = "Deno" in globalThis ? "node" : process.execPath;
const own = (name: string) => [node, "--import", "tsx", fileURLToPath(new URL(name, import.meta.url))];
const folder = mkdtempSync(join(tmpdir(), "teecam-bench-"));

/** Answers with the time of its answer, after so many milliseconds of blocking. */
const predictor = (block: number): [string, ...string[]] => [
  "python3",
  "-c",
  `import json, sys, time
for line in sys.stdin.buffer:
    frame = json.loads(line)
    sys.stdin.buffer.read(frame["length"])
    time.sleep(${block / 1000})
    print(json.dumps({"sequence": frame["sequence"], "answered": time.time() * 1000}), flush=True)`,
];

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
  end(): void;
}

/** Starts a server that reads pictures from standard input, and feeds it. */
async function serve(argv: readonly string[], { fps, size }: { fps: number; size: number }): Promise<Running> {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"] });
  const jpeg = await picture(0, { size });
  const timer = setInterval(() => child.stdin.write(jpeg), 1000 / fps);
  child.stdin.on("error", () => {});
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /http:\S+:\d+/.exec(line)?.[0];
    if (!url) continue;
    const end = () => {
      clearInterval(timer);
      child.kill();
    };
    return { child, url, end };
  }
  throw new Error("the server ended");
}

function teecam(block: number | undefined): string[] {
  const file = join(folder, `${block}.yaml`);
  const predict = block === undefined ? {} : { predict: { command: predictor(block) } };
  writeFileSync(file, JSON.stringify({ cameras: { camera: { source: "-", ...predict } } }));
  return [...commandLine(), "--port", "0", "--config", file];
}

/** Microseconds of CPU that a process, without its children, has used. */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

const memory = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);

interface Window {
  readonly counts: number[];
  readonly delays: { median: number; p99: number; most: number };
  readonly ages: { median: number; p99: number; most: number };
}

/** So many followers, in a process of their own. */
async function follow(url: string, count: number) {
  const [file = "", ...args] = [...own("predictions-viewers.ts"), url, String(count), String(seconds)];
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    child,
    async window(): Promise<Window> {
      child.stdin.write("\n");
      return JSON.parse((await lines.next()).value);
    },
  };
}

async function cost(server: string, argv: readonly string[], viewers: number) {
  const running = await serve(argv, { fps: 60, size: 2000 });
  const path = server === "teecam" ? "/predictions" : "/";
  const followers = await follow(running.url.replace("http", "ws") + path, viewers);
  await pause(1500);
  const before = cpu(running.child.pid ?? 0);
  const { counts, delays } = await followers.window();
  const used = cpu(running.child.pid ?? 0) - before;
  const results = counts.reduce((sum, one) => sum + one, 0);
  followers.child.kill();
  running.end();
  return {
    server,
    viewers,
    "results/s": Math.round(results / viewers / seconds),
    "µs a result": Math.round((used / results) * 10) / 10,
    "ms after the answer": delays.median,
    p99: delays.p99,
  };
}

console.log(`Predictions at up to 60 a second, to everybody; by hand is ws. ${seconds} s each`);
const rows = [];
for (const viewers of counts) {
  const hand = await cost("by hand", [...own("predictions-baseline.ts"), ...predictor(10)], viewers);
  const ours = await cost("teecam", teecam(10), viewers);
  rows.push(hand, { ...ours, ratio: Math.round((ours["µs a result"] / hand["µs a result"]) * 100) / 100 });
}
console.table(rows);

console.log("A predictor that blocks for 100 ms on 30 fps, 200 who follow; then 199 of them are stopped");
{
  const running = await serve(teecam(100), { fps: 30, size: 50_000 });
  const url = `${running.url.replace("http", "ws")}/predictions`;
  const [many, one] = [await follow(url, 199), await follow(url, 1)];
  await pause(1500);
  const show = (what: string, { counts, delays, ages }: Window) => ({
    what,
    "results/s, least": Math.min(...counts) / seconds,
    "ms after the answer": delays.median,
    p99: delays.p99,
    "frame's age at the answer": ages.median,
    "p99 age": ages.p99,
    "server's MB": memory(running.child.pid ?? 0),
  });
  const table = [show("the 199", await many.window()), show("the 200th", await one.window())];
  many.child.kill("SIGSTOP");
  for (let i = 0; i < 3; i++) table.push(show(`the 200th, 199 stopped for ${i * seconds} s`, await one.window()));
  console.table(table);
  many.child.kill("SIGKILL");
  one.child.kill();
  running.end();
}

/** Watches the camera, and tells how old frames were when they had come, by their own `X-Timestamp`. */
async function video(block: number | undefined) {
  const running = await serve(teecam(block), { fps: 30, size: 50_000 });
  const ages: number[] = [];
  const asked = request(`${running.url}/stream`, { agent: false }).end();
  const [response] = (await once(asked, "response")) as [AsyncIterable<Uint8Array>];
  const parser = new FrameParserStream();
  const writer = parser.writable.getWriter();
  const times: number[] = [];
  void parser.readable.pipeTo(
    new WritableStream<Frame>({
      write() {
        const stamp = times.shift();
        if (stamp !== undefined) ages.push(performance.timeOrigin + performance.now() - stamp * 1000);
      },
    }),
  );
  const stop = performance.now() + (seconds + 2) * 1000;
  for await (const chunk of response) {
    for (const [, stamp] of Buffer.from(chunk)
      .toString("latin1")
      .matchAll(/X-Timestamp: ([\d.]+)/g)) {
      times.push(Number(stamp));
    }
    void writer.write(chunk);
    if (performance.now() > stop) break;
  }
  asked.destroy();
  running.end();
  const late = ages.slice(30).sort((a, b) => a - b);
  const at = (share: number) => Math.round((late[Math.floor(share * (late.length - 1))] ?? Number.NaN) * 10) / 10;
  return {
    predictor: block === undefined ? "none" : `blocks ${block} ms`,
    fps: Math.round((late.length / (seconds + 1)) * 10) / 10,
    "median ms": at(0.5),
    "p99 ms": at(0.99),
  };
}

console.log("Video of 30 fps, with a predictor and without");
const shown = [];
for (let i = 0; i < 3; i++) shown.push(await video(undefined), await video(100));
console.table(shown);
rmSync(folder, { recursive: true });
process.exit();
