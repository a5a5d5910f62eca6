// How old frames are when they come, where a viewer or its link is slower than the camera: teecam next to a server
// written by hand, in the same run. SCENARIOS=slow,link,fade,long,stop and SECONDS (for each) shorten it; CC sets TCP's
// congestion control on the wires, to one of net.ipv4.tcp_allowed_congestion_control. The subjects of a scenario play at
// the same time, each with a source and a wire of its own.
import { existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { commandLine } from "../fixtures/teecam.ts";
import { node, play, type Subject } from "./lag-play.ts";
import { type Scenario, scenarios } from "./lag-scenarios.ts";
import type { Seen } from "./lag-viewer.ts";
import { whyNoWire } from "./wire.ts";

const serve = (address: string) => [...commandLine(), "--host", address, "--port", "0", "--no-auth", "-"];
const byHand = [...node, fileURLToPath(new URL("baseline.ts", import.meta.url))];
const subjects: Subject[] = [
  { server: "by hand (node:http)", transport: "MJPEG", path: "/", command: (address) => [...byHand, address] },
  { server: "teecam", transport: "MJPEG", path: "/stream", command: serve },
  { server: "teecam", transport: "WebSocket", path: "/ws", command: serve },
  { server: "teecam", transport: "acks", path: "/ws", command: serve },
];

/** Ages in seconds, of the frames whose first byte came in the time measured. */
interface Row {
  readonly scenario: string;
  readonly server: string;
  readonly transport: string;
  readonly "first byte": number;
  readonly p95: number;
  readonly max: number;
  readonly "last byte": number;
  readonly "max ": number;
  readonly fps: number;
  /** Seconds without a new frame, at the longest. */
  readonly gap: number;
  /** Frames more than a second old, and thousands of bytes of them. */
  readonly "old frames": number;
  readonly "old kB": number;
  /** Seconds from the fade, the return or the start until the last of all such frames. */
  readonly "old until": number;
  /** Bytes a second, and next to the server by hand. */
  readonly "kB/s": number;
  readonly ratio?: number;
}

function describe(scenario: Scenario, { server, transport }: Subject, seen: Seen[]): Row {
  const { name, from, seconds, upset = 0 } = scenario;
  const frames = seen.filter(({ at }) => at >= from);
  const first = quantiles(frames.map((frame) => frame.first));
  const last = quantiles(frames.flatMap((frame) => frame.last ?? []));
  const isOld = (frame: Seen) => frame.first > 1;
  const old = frames.filter(isOld);
  const lastOld = seen.findLast((frame) => frame.at >= upset && isOld(frame))?.at ?? upset;
  const times = [from, ...frames.map(({ at }) => at), seconds];
  const bytes = frames.reduce((sum, frame) => sum + frame.bytes, 0);
  return {
    scenario: name,
    server,
    transport,
    "first byte": round(first(0.5), 3),
    p95: round(first(0.95), 3),
    max: round(first(1), 3),
    "last byte": round(last(0.5), 3),
    "max ": round(last(1), 3),
    fps: round(frames.length / (seconds - from), 1),
    gap: round(Math.max(...times.slice(1).map((time, n) => time - (times[n] ?? 0))), 2),
    "old frames": old.length,
    "old kB": Math.round(old.reduce((sum, frame) => sum + frame.bytes, 0) / 1000),
    "old until": round(lastOld - upset, 1),
    "kB/s": Math.round(bytes / (seconds - from) / 1000),
  };
}

function quantiles(values: number[]): (share: number) => number {
  const sorted = values.sort((a, b) => a - b);
  return (share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

const round = (value: number, digits: number) => Number(value.toFixed(digits));

const all = scenarios(process.env.SECONDS ? Number(process.env.SECONDS) : undefined);
const chosen = (process.env.SCENARIOS ?? Object.keys(all).join(",")).split(",");
const obstacle = whyNoWire();
const runtime = "Deno" in globalThis ? `Deno ${process.versions.deno}` : `Node.js ${process.versions.node}`;
const controlFile = "/proc/sys/net/ipv4/tcp_congestion_control";
const control = process.env.CC ?? (existsSync(controlFile) ? readFileSync(controlFile, "latin1").trim() : "?");
console.log(`${runtime}; ${cpus().length} × ${cpus()[0]?.model ?? "?"}; TCP by ${control}; 30 fps; ages in seconds\n`);
const rows: Row[] = [];
for (const key of chosen) {
  const scenario = all[key];
  if (!scenario) throw new RangeError(`Cannot play "${key}": there are ${Object.keys(all).join(", ")}`);
  if (scenario.wire && obstacle) {
    console.log(`Left out: ${scenario.name}: ${obstacle}`);
    continue;
  }
  const played = await Promise.all(
    subjects.map(async (subject) => describe(scenario, subject, await play(scenario, subject))),
  );
  const hand = played[0]?.["kB/s"] ?? Number.NaN;
  rows.push(...played.map((row) => ({ ...row, ratio: round(row["kB/s"] / hand, 2) })));
}
if (rows.length > 0) console.table(rows);
process.exit();
