// 1,200 connections at once: 400 viewers that read, 100 that stall, 100 that never end their headers, 400 that are
// refused, and 200 refused upgrades that stay. Compares the frames that the readers lose with what they lose alone, and counts what is left at the end.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { countable, descriptors } from "../fixtures/processes.ts";
import { commandLine } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { cleanUpAtExit } from "./cleanup.ts";

const count = { readers: 400, stalled: 100, slow: 100, refused: 400, upgrades: 200 };
const server = process.argv[2] ?? "node"; // the viewers are on Node in any case, which bear the load better
const fps = Number(process.env.FPS ?? 10);
const size = process.env.SIZE ?? "640x480";
const seconds = Number(process.env.SECONDS ?? 20);

/** A connection, and what has come over it. */
class Viewer {
  readonly socket: Socket;
  /** The first bytes of what came. */
  answer = "";
  /** Frames whose headers came, and frames left out between them. */
  frames = 0;
  missed = 0;
  over = false;
  #sequence = -1;
  #rest = "";

  constructor(port: number, words: string, { reads = true }: { readonly reads?: boolean } = {}) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.on("error", () => {});
    this.socket.on("close", () => {
      this.over = true;
    });
    this.socket.write(words);
    if (reads) this.socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  forget(): void {
    this.frames = 0;
    this.missed = 0;
  }

  #take(chunk: Buffer): void {
    if (this.answer.length < 100) this.answer += chunk.toString("latin1", 0, 100);
    const text = this.#rest + chunk.toString("latin1");
    let at = 0;
    for (const [whole, number] of text.matchAll(/\r\nX-Sequence: (\d+)\r\n/g)) {
      const sequence = Number(number);
      if (this.#sequence >= 0) this.missed += sequence - this.#sequence - 1;
      this.#sequence = sequence;
      this.frames++;
      at = text.indexOf(whole, at) + whole.length;
    }
    this.#rest = text.slice(Math.max(at, text.length - 40)); // a header may be cut in two
  }
}

const permissions = ["net", "run", "read", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
const root = fileURLToPath(new URL("../../", import.meta.url));
const deno: [string, ...string[]] = [
  join(root, "node_modules/.bin/deno"),
  ...["run", "--no-prompt", ...permissions, join(root, "src/main.ts")],
];

async function start(): Promise<{ child: ChildProcess; port: number }> {
  const folder = mkdtempSync(join(tmpdir(), "teecam-"));
  cleanUpAtExit(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "teecam.yaml");
  const limits = { viewers: count.readers + count.stalled };
  const cameras = { front: { source: `testcard:${size}@${fps}` } };
  writeFileSync(file, JSON.stringify({ server: { port: 0, limits, log: { level: "error" } }, cameras }));
  const [program, ...rest] = server === "deno" ? deno : commandLine();
  const child = spawn(program, [...rest, "--config", file], { stdio: ["ignore", "pipe", "inherit"] });
  cleanUpAtExit(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  const port = await until(() => / at http:\/\/\S+:(\d+)\/$/m.exec(output)?.[1], "it listens");
  return { child, port: Number(port) };
}

const { child, port } = await start();
const stream = "GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n";
const many = (length: number, make: () => Viewer) => Array.from({ length }, make);
const viewers = async (): Promise<number> => {
  const answer = await fetch(`http://127.0.0.1:${port}/cameras/front`).catch(() => undefined);
  if (!answer) return await viewers(); // an idle connection that fetch kept has given way to the crowd
  return ((await answer.json()) as { viewers: number }).viewers;
};
const open = () => (countable ? descriptors(child.pid ?? 0) : Number.NaN);

/** Watches readers for a while, and tells what came and what did not. */
async function watch(readers: readonly Viewer[], milliseconds: number) {
  for (const reader of readers) reader.forget();
  await pause(milliseconds);
  const frames = readers.map((reader) => reader.frames).sort((a, b) => a - b);
  const missed = readers.reduce((sum, reader) => sum + reader.missed, 0);
  return {
    "median fps": round((frames[frames.length >> 1] ?? 0) / (milliseconds / 1000)),
    "worst fps": round((frames[0] ?? 0) / (milliseconds / 1000)),
    "frames lost": missed,
    "of frames": frames.reduce((sum, one) => sum + one, missed),
    "readers gone": readers.filter(({ over }) => over).length,
  };
}

await until(async () => (await fetch(`http://127.0.0.1:${port}/snapshot?max_age=1e9`)).ok, "a picture");
await pause(6000); // the connections that asked are let go of
const before = open();

const alone = many(count.readers, () => new Viewer(port, stream));
await until(() => alone.every(({ frames }) => frames > 0), "all readers have a picture", 60_000);
await pause(2000);
const quiet = await watch(alone, seconds * 1000);
for (const { socket } of alone) socket.destroy();
await until(async () => (await viewers()) === 0, "all have left", 30_000);

const begun = performance.now();
const slow = many(count.slow, () => new Viewer(port, "GET /stream HTTP/1.1\r\nHost: localhost\r\nX: "));
const stalled = many(count.stalled, () => new Viewer(port, stream, { reads: false }));
await until(async () => (await viewers()) === count.stalled, "those who stall have their places");
const askers = many(count.readers + count.refused, () => new Viewer(port, stream));
const upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"; // and no key
const upgrades = many(count.upgrades, () => new Viewer(port, `GET /ws HTTP/1.1\r\nHost: localhost\r\n${upgrade}\r\n`));
const drip = setInterval(() => {
  for (const { socket } of slow) if (!socket.destroyed) socket.write("x");
}, 1000);
await until(() => askers.every(({ answer }) => answer !== ""), "all are answered", 60_000);
const readers = askers.filter(({ answer }) => answer.startsWith("HTTP/1.1 200"));
await until(() => readers.every(({ frames }) => frames > 0), "all readers have a picture", 60_000);
const settled = performance.now() - begun;
await pause(2000);
const loaded = await watch(readers, seconds * 1000);
await until(async () => (await viewers()) === readers.length, "those who stall are let go", 60_000).catch(() => {});
const left = await viewers();
clearInterval(drip);
const told = {
  "answered after ms": Math.round(settled),
  "readers with a place": readers.length,
  "refused with 503": askers.filter(({ answer }) => answer.startsWith("HTTP/1.1 503")).length,
  "stalled still there": left - readers.length,
  "upgrades refused": upgrades.filter(({ answer }) => answer.startsWith("HTTP/1.1 400")).length,
  "and closed": upgrades.filter(({ over }) => over).length,
  "slow headers ended": slow.filter(({ over }) => over).length,
};
for (const { socket } of [...askers, ...stalled, ...slow, ...upgrades]) socket.destroy();
await until(async () => (await viewers()) === 0, "all have left", 30_000);
await until(() => !(open() > before + 2), "descriptors are as before", 30_000).catch(() => {});

console.log(`${fps} fps of ${size}, ${seconds} s each, served by ${server}`);
console.table({ "400 readers alone": quiet, "under load": loaded });
console.table(told);
console.log(`Left at the end: ${await viewers()} viewers, ${open() - before} descriptors more than before`);
child.kill("SIGTERM");
await new Promise((resolve) => child.once("exit", resolve));
process.exit();

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
