// Frames a second and CPU time a delivered frame, for many viewers, next to a server written by hand and fed the same
// bytes in the same run; and how fast the parsers are. Linux, for the CPU time: it is read from /proc.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { commandLine } from "../fixtures/teecam.ts";
import { jpegOf } from "../media/jpeg-builder.ts";
import { benchParsers } from "./parsers.ts";

const fps = 30;
const frameSize = 50_000;
const { short, help } = parseArgs({ options: { short: { type: "boolean" }, help: { type: "boolean" } } }).values;
if (help) {
  console.log(`Usage: npm run bench -- [--short]

Measures frames per second and CPU time per frame of teecam and of a handwritten server, and the speed of the parsers.
--short takes half a minute instead of three: 1 and 10 viewers, 2 seconds each.
VIEWERS=1,10,100,400 and SECONDS=5 in the environment choose both.`);
  process.exit();
}
const seconds = Number(process.env.SECONDS ?? (short ? 2 : 5));
const counts = (process.env.VIEWERS ?? (short ? "1,10" : "1,10,100,400")).split(",").map(Number);

interface Row {
  readonly server: string;
  readonly viewers: number;
  /** Frames a second at the median viewer, and at the worst. */
  readonly fps: number;
  readonly "worst fps": number;
  /** Microseconds of CPU, of the server's whole process tree, a delivered frame. */
  readonly "µs a frame": number;
  readonly ratio?: number;
}

const tsx = ["--import", "tsx"];
const program = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const node = "Deno" in globalThis ? "node" : process.execPath;
const servers: Record<string, { command: string[]; path: string }> = {
  "by hand (node:http)": { command: [node, ...tsx, program("baseline.ts")], path: "/" },
  teecam: { command: [...commandLine(), "--port", "0", "-"], path: "/stream" },
};

async function measure(server: string, viewers: number): Promise<Row> {
  const { command, path } = servers[server] ?? { command: [], path: "" };
  const [file = "", ...args] = command;
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "ignore"] });
  const source = feed(child);
  let clients: ChildProcess | undefined;
  try {
    const url = await firstMatch(child, /http:\S+:\d+/);
    clients = spawn(node, [...tsx, program("viewers.ts"), url + path, String(viewers), "3", String(seconds)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines = createInterface({ input: clients.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
    await lines.next();
    const before = cpuSeconds(child.pid ?? 0);
    const { value } = await lines.next();
    const cpu = cpuSeconds(child.pid ?? 0) - before;
    const bytes: number[] = JSON.parse(value).bytes;
    const frames = bytes.map((count) => count / source.partSize).sort((a, b) => a - b);
    const sum = frames.reduce((a, b) => a + b, 0);
    return {
      server,
      viewers,
      fps: round((frames[frames.length >> 1] ?? 0) / seconds, 1),
      "worst fps": round((frames[0] ?? 0) / seconds, 1),
      "µs a frame": round((cpu * 1e6) / sum, 1),
    };
  } finally {
    source.stop();
    clients?.kill();
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  }
}

/** Writes frames at a steady rate to a server's standard input. */
function feed(child: ChildProcess) {
  const jpeg = jpegOf(frameSize);
  const head = `--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`;
  const part = Buffer.concat([Buffer.from(head), jpeg, Buffer.from("\r\n")]);
  child.stdin?.on("error", () => {});
  let due = performance.now();
  let timer: NodeJS.Timeout;
  const beat = () => {
    due += 1000 / fps;
    child.stdin?.write(part);
    timer = setTimeout(beat, due - performance.now());
  };
  timer = setTimeout(beat, 0);
  return { partSize: part.length, stop: () => clearTimeout(timer) };
}

async function firstMatch(child: ChildProcess, pattern: RegExp): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout ?? []) {
    text += chunk;
    const match = pattern.exec(text);
    if (match) return match[0];
  }
  throw new Error(`Cannot measure: the server ended, saying ${text}`);
}

/** CPU time of a process and all its children. */
function cpuSeconds(root: number): number {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "latin1");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(Number(name), Number(fields[1]));
      ticks.set(Number(name), Number(fields[11]) + Number(fields[12]));
    } catch {
      // it ended meanwhile
    }
  }
  const belongs = (pid: number): boolean => pid === root || (parents.has(pid) && belongs(parents.get(pid) ?? 0));
  return [...ticks].reduce((sum, [pid, count]) => (belongs(pid) ? sum + count : sum), 0) / 100;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

const runtime = "Deno" in globalThis ? `Deno ${process.versions.deno}` : `Node.js ${process.versions.node}`;
console.log(`teecam on ${runtime}, by hand on ${node === "node" ? "the node found" : process.versions.node}`);
console.log(`${cpus().length} × ${cpus()[0]?.model ?? "?"}; ${fps} fps × ${frameSize} bytes, ${seconds} s each\n`);
console.table(await benchParsers());
const rows: Row[] = [];
for (const viewers of counts) {
  const [hand, ours] = [await measure("by hand (node:http)", viewers), await measure("teecam", viewers)];
  rows.push(hand, { ...ours, ratio: round(ours["µs a frame"] / hand["µs a frame"], 2) });
  await pause(500);
}
console.table(rows);
