import { execFileSync } from "node:child_process";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { freePort } from "../fixtures/ports.ts";
import { descendants, kill } from "../fixtures/processes.ts";
import { start, type Teecam } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { Random } from "../fuzz/random.ts";
import { Feed } from "./feeds.ts";
import { type CameraReport, cameras, type Holding, imbalance, take, viewersOf } from "./gauge.ts";
import { connect, multiplexed, type Received, type Viewer } from "./viewers.ts";

/** Contents of the configuration file, besides the cameras that are always there. */
type Variant = "plain" | "more" | "other" | "wrong";
const extras: Readonly<Record<Variant, object>> = {
  plain: {},
  more: { more: { source: "testcard:64x64@5" } },
  other: { more: { source: "testcard:64x48@5", fps: 3 } },
  wrong: {},
};

const maxViewers = 24;

/** The program, its cameras' sources, its viewers, and what can be done to them. */
export class Harness {
  readonly done: Record<string, number> = {};
  readonly faults: string[] = [];
  readonly server: Teecam;
  readonly #random: Random;
  readonly #folder: string;
  readonly #feeds: readonly Feed[];
  readonly #write: (variant: Variant) => void;
  readonly #names: readonly string[] = ["card", "writer", "dialled", "pushed", "film", "command", "loop"];
  #viewers: Viewer[] = [];
  #witness: (Viewer & { readonly received: Received }) | undefined;
  #stopped = new Set<number>();

  private constructor(
    server: Teecam,
    {
      folder,
      feeds,
      write,
      random,
    }: { folder: string; feeds: readonly Feed[]; write: (variant: Variant) => void; random: Random },
  ) {
    this.server = server;
    this.#write = write;
    this.#folder = folder;
    this.#feeds = feeds;
    this.#random = random;
  }

  static async open(seed: number): Promise<Harness> {
    const folder = mkdtempSync(join(tmpdir(), "teecam-soak-"));
    const film = join(folder, "film.mjpeg");
    const test = ["-f", "lavfi", "-i", "testsrc=size=160x120:rate=10"];
    execFileSync("ffmpeg", ["-v", "error", ...test, "-t", "5", "-f", "mjpeg", film]);
    const port = await freePort();
    const { feed, port: peer } = await Feed.listening();
    const file = join(folder, "teecam.json");
    const write = (variant: Variant) => {
      const cameras = {
        card: { source: "testcard:160x120@10", predict: "motion" },
        pushed: { source: "push" },
        writer: { source: `tcp-listen://127.0.0.1:${port}` },
        dialled: { source: `tcp://127.0.0.1:${peer}` },
        film: { source: film },
        loop: { source: film, loop: true },
        command: { command: ["ffmpeg", "-v", "error", "-re", ...test, "-f", "mjpeg", "-"] },
        shy: { source: "testcard:96x64@10", on_demand: "1s" },
        ...extras[variant],
      };
      writeFileSync(`${file}.new`, variant === "wrong" ? "{ cameras: [" : JSON.stringify({ cameras }));
      renameSync(`${file}.new`, file);
    };
    write("plain");
    const server = await start(["--config", file]);
    const feeds = [await Feed.dialling(port), feed, await Feed.pushing(`${server.url}/cameras/pushed/frames`)];
    return new Harness(server, { folder, feeds, write, random: new Random(seed) });
  }

  /** Starts the one viewer that watches all cameras to the end, and counts what it receives. */
  watch(): void {
    this.#witness = multiplexed(this.server.url, this.#names, { ackAfter: 0 });
  }

  /** Does one random thing, and waits a little. */
  async act(): Promise<void> {
    const random = this.#random;
    this.#viewers = this.#viewers.filter(({ over }) => !over);
    const deeds: readonly [number, string, () => void | Promise<void>][] = [
      [this.#viewers.length < maxViewers ? 30 : 0, "viewers came", () => this.#come()],
      [14, "viewers left", () => this.#leave("politely")],
      [8, "viewers vanished", () => this.#leave("abruptly")],
      [8, "viewers stalled", () => this.#viewer()?.stall()],
      [4, "viewers went on", () => this.#viewer()?.resume()],
      [12, "snapshots", () => this.#snapshot()],
      [6, "viewers' counts compared", () => this.#compare()],
      [3, "sources killed", () => this.#signal("SIGKILL")],
      [2, "sources stopped for a while", () => this.#stop()],
      [3, "feeds garbled", () => this.#feed().spoil(random.pick(["garbage", "truncated"]), random.between(500, 9000))],
      [2, "feeds silent", () => this.#feed().spoil("silent", random.between(500, 15_000))],
      [3, "feeds cut", () => this.#feed().cut(random)],
      [3, "configurations written", () => this.#write(random.pick(["plain", "more", "other", "wrong"]))],
      [1, "hangups", () => void process.kill(this.server.child.pid ?? 0, "SIGHUP")],
    ];
    let choice = random.below(deeds.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, what, deed] of deeds) {
      choice -= weight;
      if (choice >= 0) continue;
      this.done[what] = (this.done[what] ?? 0) + 1;
      await deed();
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, random.between(20, 300)));
  }

  /** Lets all viewers leave and all sources work, and takes stock when nothing changes any more. */
  async settle(like?: Holding): Promise<Holding> {
    for (const viewer of this.#viewers) viewer.leave("politely");
    this.#viewers = [];
    this.#witness?.leave("politely");
    for (const pid of this.#stopped) signal(pid, "SIGCONT");
    this.#write("plain");
    const rest: Record<string, string> = { film: "ended", shy: "idle" };
    const isWell = ({ id, state, viewers, predictions }: CameraReport) =>
      state === (rest[id] ?? "live") && viewers === 0 && (predictions?.state ?? "live") === "live";
    const calm = async () => {
      const all = await cameras(this.server);
      return all.length === this.#names.length + 1 && all.every(isWell);
    };
    await until(calm, "all cameras are live, and nobody watches", 60_000).catch((error) =>
      this.faults.push(`${error}`),
    );
    if (!like) return take(this.server);
    const given = async () => imbalance(like, await take(this.server)).length === 0;
    await until(given, "all is given back", 20_000).catch(() => {});
    return take(this.server);
  }

  async close(): Promise<void> {
    this.#examine();
    for (const pid of this.#stopped) signal(pid, "SIGCONT");
    for (const viewer of this.#viewers) viewer.leave("abruptly");
    const all = descendants(this.server.child.pid ?? 0);
    const ended = await Promise.race([
      this.server.stop(),
      new Promise((resolve) => setTimeout(resolve, 6000, "not ended after 6 s")),
    ]);
    if (ended !== 0) this.faults.push(`SIGTERM: ${ended}`);
    if (ended !== 0) await kill(this.server);
    for (const feed of this.#feeds) feed.close();
    await until(() => !all.some(({ pid }) => exists(pid)), "its programs are gone", 2000).catch((error) =>
      this.faults.push(`${error}`),
    );
    rmSync(this.#folder, { recursive: true });
  }

  /** Adds what its log must not contain, and what the viewer who stayed must not have seen, to the faults. */
  #examine(): void {
    const bad = this.server.output().match(/^.*(unhandled|uncaught|MaxListeners|Deprecat|^\s+at .*:\d+).*$/im);
    if (bad) this.faults.push(`its log says: ${bad[0].trim()}`);
    if (!this.#witness) return;
    const { disordered, frames } = this.#witness.received;
    if (disordered > 0) this.faults.push(`${disordered} frames came in the wrong order`);
    for (const name of this.#names)
      if (name !== "film" && !frames.get(name)) this.faults.push(`nothing came from ${name}`);
  }

  #viewer(): Viewer | undefined {
    return this.#viewers[this.#random.below(this.#viewers.length)];
  }

  #feed(): Feed {
    return this.#random.pick(this.#feeds);
  }

  #come(): void {
    this.#viewers.push(connect(this.server.url, [...this.#names, "shy"], this.#random));
  }

  #leave(how: "politely" | "abruptly"): void {
    this.#viewer()?.leave(how);
  }

  async #snapshot(): Promise<void> {
    const url = `${this.server.url}/cameras/${this.#random.pick(this.#names)}/snapshot`;
    const answered = fetch(url, { headers: { connection: "close" }, signal: AbortSignal.timeout(9000) });
    void answered.then(
      async (answer) => {
        const { length } = new Uint8Array(await answer.arrayBuffer());
        const isPicture = answer.status === 200 && length > 100;
        if (!isPicture && ![410, 503].includes(answer.status)) this.faults.push(`a snapshot got ${answer.status}`);
      },
      (error) => this.faults.push(`a snapshot got ${error}`),
    );
  }

  /** The server's count of a viewer's frames must grow as its camera's sequence does, and as the viewer's own count. */
  async #compare(): Promise<void> {
    const { received } = this.#witness ?? {};
    if (!received) return;
    const mine = async (id: string) => (await viewersOf(this.server, id)).find((one) => one.id === received.session);
    const read = async () => {
      const before = await cameras(this.server);
      const viewers = await Promise.all(before.map(({ id }) => mine(id)));
      const frames = new Map(received.frames);
      const after = new Map((await cameras(this.server)).map(({ id, sequence }) => [id, sequence]));
      const all = before.map(({ id, sequence }, n) => ({ id, from: sequence, viewer: viewers[n], to: after.get(id) }));
      return { all, frames };
    };
    const first = await read();
    await pause(1000);
    const second = await read();
    for (const { id, from, viewer: one, to } of first.all) {
      const later = second.all.find((camera) => camera.id === id);
      const other = later?.viewer;
      if (!one || !other || typeof from !== "number" || typeof to !== "number") continue;
      // The viewer was counted at a moment between two looks at the camera.
      const offered = { min: (later?.from ?? 0) - to, max: (later?.to ?? 0) - from };
      const told = sum(other) - sum(one);
      if (told < offered.min - 1 || told > offered.max + 1) {
        this.faults.push(`${id} had ${offered.min} to ${offered.max} frames, and told a viewer of ${told}`);
      }
      const [sent, got] = [other.sent - one.sent, (second.frames.get(id) ?? 0) - (first.frames.get(id) ?? 0)];
      if (Math.abs(sent - got) > 3) this.faults.push(`${id} sent a viewer ${sent} frames, and ${got} came`);
    }
  }

  /** The programs that make pictures: those that lead a group. */
  #programs(): number[] {
    return descendants(this.server.child.pid ?? 0)
      .filter(({ zombie }) => !zombie)
      .map(({ pid }) => pid);
  }

  #signal(name: NodeJS.Signals): void {
    const programs = this.#programs();
    if (programs.length > 0) signal(this.#random.pick(programs), name);
  }

  /** From short, which nobody need notice, to longer than the deadline of frames. */
  #stop(): void {
    const programs = this.#programs();
    if (programs.length === 0) return;
    const pid = this.#random.pick(programs);
    this.#stopped.add(pid);
    signal(pid, "SIGSTOP");
    setTimeout(
      () => {
        this.#stopped.delete(pid);
        signal(pid, "SIGCONT");
      },
      this.#random.between(200, 20_000),
    );
  }
}

const sum = ({ sent, dropped }: { sent: number; dropped: Readonly<Record<string, number>> }) =>
  Object.values(dropped).reduce((one, other) => one + other, sent);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false; // it is gone already
  }
}

const exists = (pid: number) => signal(pid, 0);
