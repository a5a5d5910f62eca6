import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { descendants } from "../fixtures/processes.ts";
import type { Teecam } from "../fixtures/teecam.ts";

/** A viewer as `GET /cameras/{id}/viewers` lists it. */
export interface ViewerReport {
  readonly id: string;
  readonly sent: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/** A camera as `GET /cameras` lists it. */
export interface CameraReport {
  readonly id: string;
  readonly state: string;
  readonly detail: string | null;
  readonly sequence: number | null;
  readonly viewers: number;
  readonly predictions: { readonly state: string } | null;
}

/** What a server holds at one moment. */
export interface Holding {
  /** Megabytes of resident memory. */
  readonly memory: number;
  /** What each open descriptor is: a path, or the ends of a connection. */
  readonly descriptors: readonly string[];
  /** The names of all it has started, sorted; zombies have a cross. */
  readonly processes: readonly string[];
  readonly viewers: number;
  /** All frames of all cameras so far. */
  readonly frames: number;
}

/** What the server tells of its cameras. */
export async function cameras({ url }: Pick<Teecam, "url">): Promise<readonly CameraReport[]> {
  const answer = await fetch(`${url}/cameras`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(10_000),
  });
  const told = (await answer.json()) as readonly CameraReport[] | { readonly cameras: readonly CameraReport[] };
  return "cameras" in told ? told.cameras : told;
}

/** Returns who watches a camera. */
export async function viewersOf({ url }: Pick<Teecam, "url">, camera: string): Promise<readonly ViewerReport[]> {
  const answer = await fetch(`${url}/cameras/${camera}/viewers`, {
    headers: { connection: "close" },
    signal: AbortSignal.timeout(10_000),
  });
  return ((await answer.json()) as { viewers: readonly ViewerReport[] }).viewers;
}

/** Takes stock of a server. */
export async function take(server: Teecam): Promise<Holding> {
  const pid = server.child.pid ?? 0;
  const all = await cameras(server);
  return {
    memory: memory(pid),
    descriptors: descriptors(pid),
    processes: descendants(pid)
      .map(({ name, zombie }) => (zombie ? `${name} †` : name))
      .sort(),
    viewers: all.reduce((sum, { viewers }) => sum + viewers, 0),
    frames: all.reduce((sum, { sequence }) => sum + (sequence ?? -1) + 1, 0),
  };
}

/** Megabytes of a process's resident memory. */
function memory(pid: number): number {
  const [, kilobytes = "0"] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kilobytes) / 102.4) / 10;
}

function descriptors(pid: number): string[] {
  const sockets = new Map(["tcp", "tcp6"].flatMap((table) => connections(`/proc/${pid}/net/${table}`)));
  return readdirSync(`/proc/${pid}/fd`).flatMap((entry) => {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${entry}`);
      const [, inode = ""] = /^socket:\[(\d+)\]$/.exec(target) ?? [];
      return [sockets.get(inode) ?? target.replace(/\[\d+\]/, "")];
    } catch {
      return []; // it was closed in the meantime
    }
  });
}

/** The TCP sockets of a table of the kernel's, by inode. */
function connections(table: string): [inode: string, ends: string][] {
  const lines = readFileSync(table, "utf8").trim().split("\n").slice(1);
  return lines.map((line) => {
    const [, local = "", remote = "", state = "", , , , , , inode = ""] = line.trim().split(/\s+/);
    const [from, to] = [local, remote].map((end) => Number.parseInt(end.split(":")[1] ?? "", 16));
    return [inode, `port ${from} to ${to} in state ${state}`];
  });
}

/** What is held now and was not before, a line each. */
export function imbalance(before: Holding, after: Holding): string[] {
  const faults: string[] = [];
  if (after.viewers > 0) faults.push(`${after.viewers} viewers are listed, and nobody watches`);
  if (after.descriptors.length > before.descriptors.length) {
    const opened = after.descriptors.filter((one) => !before.descriptors.includes(one));
    const counts = `${before.descriptors.length} before, ${after.descriptors.length} after`;
    faults.push(`descriptors: ${counts}, among them ${opened.join(", ") || "no new kind"}`);
  }
  const known = [...before.processes]; // a loader of Node 20's may have ended in the meantime
  const more = after.processes.filter((name) => {
    const at = known.indexOf(name);
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
  if (more.length > 0) faults.push(`processes that were not there before: ${more.join(", ")}`);
  return faults;
}
