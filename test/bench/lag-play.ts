import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { cleanUpAtExit } from "./cleanup.ts";
import type { Scenario } from "./lag-scenarios.ts";
import type { Seen, Transport, Viewing } from "./lag-viewer.ts";
import { stamper } from "./stamp.ts";
import { stringWire } from "./wire.ts";

/** A server, and how it is looked at. */
export interface Subject {
  readonly server: string;
  readonly transport: Transport;
  readonly path: string;
  /** The command line that serves what comes on standard input at an address, and says where. */
  command(address: string): string[];
}

const fps = 30;

/** The Node.js that runs the viewers and the server written by hand, whatever runs this. */
export const node: readonly string[] = ["Deno" in globalThis ? "node" : process.execPath, "--import", "tsx"];

/** Plays a scenario to one viewer of one server, and gives the frames it saw. */
export async function play(scenario: Scenario, { command, path, transport }: Subject): Promise<Seen[]> {
  const wire = scenario.wire && (await stringWire(scenario.wire));
  const address = wire?.address ?? "127.0.0.1";
  const server = run([...(wire?.server ?? []), ...command(address)], { stdio: ["pipe", "pipe", "pipe"] });
  const stopSource = feed(server.child, scenario.frameSize);
  let viewer: Program | undefined;
  let timer: NodeJS.Timeout | undefined;
  try {
    const port = await listening(server.child);
    const viewing: Viewing = {
      ...scenario.reads,
      host: address,
      port,
      path,
      transport,
      seconds: scenario.seconds,
    };
    const program = fileURLToPath(new URL("lag-viewer.ts", import.meta.url));
    const words = [...(wire?.viewer ?? []), ...node, program, JSON.stringify(viewing)];
    viewer = run(words, { stdio: ["ignore", "pipe", "inherit"] });
    let last = "";
    for await (const line of createInterface({ input: viewer.child.stdout as NodeJS.ReadableStream })) {
      last = line;
      const { fade } = scenario;
      if (line === "begin" && fade) timer = setTimeout(() => wire?.setRate(fade.rate), fade.at * 1000);
    }
    return JSON.parse(last);
  } finally {
    clearTimeout(timer);
    stopSource();
    await Promise.all([viewer?.stop(), server.stop()]);
    wire?.down();
  }
}

interface Program {
  readonly child: ChildProcess;
  stop(): Promise<void>;
}

function run([file = "", ...args]: string[], options: SpawnOptions): Program {
  const child = spawn(file, args, options);
  const ended = once(child, "exit").catch(() => {});
  const kill = cleanUpAtExit(() => child.kill("SIGKILL")); // servers may take their time to say goodbye to a slow viewer
  return {
    child,
    async stop() {
      kill();
      await ended;
    },
  };
}

/** Writes frames at a steady rate to a server's standard input, until what it gives back is called. */
function feed({ stdin }: ChildProcess, size: number): () => void {
  const jpeg = stamper(size);
  const head = Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${size}\r\n\r\n`);
  stdin?.on("error", () => {});
  let due = performance.now();
  let timer: NodeJS.Timeout;
  const beat = () => {
    due += 1000 / fps;
    stdin?.write(Buffer.concat([head, jpeg(), Buffer.from("\r\n")]));
    timer = setTimeout(beat, Math.max(0, due - performance.now()));
  };
  timer = setTimeout(beat, 0);
  return () => clearTimeout(timer);
}

/** The port that a server says it listens on. It is listened to all the while, or a full pipe would stop it. */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk) => {
        text = (text + chunk).slice(-4000);
        const match = /http:\/\/[\d.]+:(\d+)\//.exec(text);
        if (match) resolve(Number(match[1]));
      });
    }
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`Cannot measure: the server ended, saying ${text}`)));
  });
}
