// biome-ignore-all lint/suspicious/noTemplateCurlyInString: configurations write variables like this
import { once } from "node:events";
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { readTimecode } from "../src/testcard/timecode.ts";
import { allow, stopwatch } from "./fixtures/machine.ts";
import { freePort } from "./fixtures/ports.ts";
import { countable, descendants, kill, runs } from "./fixtures/processes.ts";
import { needs } from "./fixtures/programs.ts";
import { serve } from "./fixtures/serve.ts";
import { type RunOptions, run, type Teecam } from "./fixtures/teecam.ts";
import { until } from "./fixtures/until.ts";
import { stall, watchSocket, watchStream } from "./fixtures/viewers.ts";

/** Runs the program to its end, which is to come by itself. */
async function runToEnd(args: readonly string[], options?: RunOptions) {
  const program = run(args, options);
  onTestFinished(() => kill(program));
  let [stdout, stderr] = ["", ""];
  program.child.stdout?.on("data", (chunk) => {
    stdout += chunk;
  });
  program.child.stderr?.on("data", (chunk) => {
    stderr += chunk;
  });
  return { code: await program.ended, stdout, stderr };
}

// biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect to find
const json = async (url: string): Promise<any> => (await fetch(url)).json();
// biome-ignore lint/suspicious/noExplicitAny: as above
const cameras = async ({ url }: Teecam): Promise<any[]> => (await json(`${url}/cameras`)).cameras;

const live = (program: Teecam) =>
  until(
    async () => (await cameras(program)).every(({ state }) => state === "live"),
    `all cameras are live; ${program.output()}`,
  );

const stackTrace = /^\s+at |file:\/\/|node:internal/m;
const secret = "hunter2";

describe("teecam --help", () => {
  it.each(["--help", "-h"])("%s tells of every source and option on standard output, with code 0", async (option) => {
    const { code, stdout, stderr } = await runToEnd([option]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const word of ["/dev/video0", "rtsp://", "http://", "tcp-listen://", "tcp://", "-- COMMAND", "testcard:"]) {
      expect(stdout).toContain(word);
    }
    for (const word of ["--name", "--host", "--port", "--no-auth", "--open", "--log-level", "--help", "--version"]) {
      expect(stdout).toContain(word);
    }
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  it("--version tells the version and the runtime, with code 0", async () => {
    const runtime = "Deno" in globalThis ? "Deno" : "Node.js";
    const { code, stdout, stderr } = await runToEnd(["--version"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(new RegExp(`^teecam \\d+\\.\\d+\\.\\d+ \\(${runtime} \\d+\\.\\d+\\.\\d+\\)\n$`));
  });
});

describe("Wrong use", () => {
  it.each<[why: string, args: readonly string[], named: RegExp]>([
    ["an unknown option", ["--bogus"], /'--bogus'/],
    ["a port that is no number", ["--port", "eighty"], /port "eighty".*65535/],
    ["a port that is none", ["--port", "65536"], /port "65536".*65535/],
    ["an option without its value", ["--port"], /--port/],
    ["an id that cannot stand in a URL", ["--name", "Front Door", "testcard:"], /"Front Door".*a-z/],
    ["a second id that cannot stand in a URL", ["testcard:", "--name", "b/c", "testcard:"], /"b\/c".*a-z/],
    ["the same id twice", ["--name", "a", "testcard:", "--name", "a", "testcard:"], /two cameras "a"/],
    ["two names for one source", ["--name", "a", "--name", "b", "testcard:"], /"a".*no source/],
    ["a name without a source", ["testcard:", "--name", "yard"], /"yard".*no source/],
    ["no command behind --", ["--"], /command.*"--"/],
    ["standard input for two cameras", ["-", "--name", "b", "-"], /standard input twice/],
    ["a test card that is none", ["testcard:huge"], /testcard:huge.*testcard:1280x720@30/],
    ["a test card of no pixels", ["testcard:0x480@5"], /testcard:0x480@5.*pixels/],
    ["a test card too slow to be drawn", ["testcard:160x120@0.5"], /testcard:160x120@0\.5.*rate/],
    ["tcp-listen without a port", ["tcp-listen://127.0.0.1"], /tcp-listen:\/\/127\.0\.0\.1".*port/],
    ["tcp without a host", ["tcp://:9999"], /tcp:\/\/:9999.*host/],
    ["a URL that is none", ["http://"], /http:\/\/.*URL/],
    ["an empty source", [""], /empty/],
    ["check without a file", ["check"], /check FILE/],
    ["a level that does not exist", ["--log-level", "loud"], /"loud".*debug/],
  ])("%s is one clear line on standard error, with code 2: %j", async (_, args, named) => {
    const { code, stdout, stderr } = await runToEnd(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^teecam: [A-Z][^\n]+\. See teecam --help\n$/);
    expect(stderr).toMatch(named);
    expect(stderr).not.toMatch(stackTrace);
  });
});

describe("teecam check", () => {
  const write = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "teecam.yaml");
    writeFileSync(file, text);
    return file;
  };

  it("says in one line that a configuration is good, and starts nothing", async () => {
    const file = write("cameras: { a: { source: no-such.mp4 }, b: { command: [no-such-program] } }");
    expect(await runToEnd(["check", file])).toEqual({ code: 0, stdout: `${file}: 2 cameras, no errors\n`, stderr: "" });
  });

  it("tells all that is wrong, one line each, without what the environment holds, with code 2", async () => {
    const file = write("server: { prot: 1 }\ncameras: { a: { source: 'testcard:${SECRET}' } }");
    const { code, stdout, stderr } = await runToEnd(["check", file], { env: { SECRET: secret } });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim().split("\n")).toEqual([
      `${file}:1:11: server.prot: unknown key, did you mean port?`,
      expect.stringContaining(`${file}:2:25: cameras.a.source: found what \${SECRET} holds, expected a source`),
    ]);
    const started = await runToEnd(["--config", file, "--port", "0"], { env: { SECRET: secret } });
    expect(started).toEqual({ code, stdout, stderr });
  });

  it("tells of a file that is none, and of one that is not text", async () => {
    const [missing, binary] = [join(tmpdir(), "no-such-teecam.yaml"), write("")];
    writeFileSync(binary, new Uint8Array([0xff, 0xfe, 0x61, 0x00]));
    expect((await runToEnd(["check", missing])).stderr).toBe(`${missing}: there is no such file\n`);
    expect((await runToEnd(["check", binary])).stderr).toBe(`${binary}: it is no UTF-8 text; save it as UTF-8\n`);
    expect((await runToEnd(["check", "/dev/zero"])).stderr).toContain("/dev/zero: it is larger than 1 MiB");
  });

  it("has a schema, for editors, that knows every key", async () => {
    const { code, stdout } = await runToEnd(["schema"]);
    const schema = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(schema.properties)).toEqual(["server", "cameras"]);
    expect(schema.additionalProperties).toBe(false);
    expect(Object.keys(schema.properties.cameras.additionalProperties.properties)).toContain("on_demand");
  });
});

describe("What cannot be", () => {
  const oneLine = /^teecam: [A-Z][^\n]+\n$/;

  it("a port that is in use is one line that names --port, with code 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const { code, stdout, stderr } = await runToEnd(["--port", String(port)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(oneLine);
    expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*in use.*--port`));
  });

  it("an address that is not this machine's is one line that names it, with code 1", async () => {
    const { code, stdout, stderr } = await runToEnd(["--host", "192.0.2.1", "--port", "0"]); // RFC 5737
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(oneLine);
    expect(stderr).toContain("192.0.2.1");
  });

  it.each(["clip.mp4", "/dev/video0", "rtsp://127.0.0.1/"])(
    "%s without ffmpeg is one line that tells how to install it, with code 1",
    async (source) => {
      const empty = mkdtempSync(join(tmpdir(), "teecam-"));
      onTestFinished(() => rmdirSync(empty));
      const { code, stdout, stderr } = await runToEnd(["--name", "yard", source], { env: { PATH: empty } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(oneLine);
      expect(stderr).toMatch(/"yard".*ffmpeg: command not found.*apt install ffmpeg/);
    },
  );

  it("a command that does not exist is told, while the other cameras go on", async () => {
    const program = await serve(["--name", "good", "testcard:160x120@10", "--name", "bad", "--", "no-such-command"]);
    const [good, bad] = await until(async () => {
      const both = await cameras(program);
      return both[0].state === "live" && both[1].state === "failed" && both;
    }, "one is live and one has failed");
    expect(bad.detail).toBe("no-such-command: command not found");
    expect(good.detail).toBeNull();
    expect(program.output()).toContain("bad is failed: no-such-command: command not found");
    expect(program.output()).not.toMatch(stackTrace);
  });
});

describe("A server", () => {
  it("without arguments shows a moving test card, and says where", async () => {
    const program = await serve([]);
    expect(program.output()).toMatch(/^teecam \d\S* shows camera at http:\/\/127\.0\.0\.1:\d+\/$/m);
    const look = async (after: number) => {
      const response = await fetch(`${program.url}/snapshot?after=${after}`);
      const image = sharp(new Uint8Array(await response.arrayBuffer()));
      const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([1280, 720]);
      const code = readTimecode(data, info.width, info.height, info.channels);
      return { time: code?.time ?? 0, sequence: Number(response.headers.get("x-sequence")) };
    };
    const first = await look(-1);
    const second = await look(first.sequence);
    expect(Math.abs(Date.now() - first.time)).toBeLessThan(allow(1000));
    expect(second.time).toBeGreaterThan(first.time);
  });

  it("shows several cameras by their names, and numbers those without", async () => {
    const sources = ["--name", "front", "testcard:160x120@5", "testcard:320x240@5", "--name", "shell"];
    const program = await serve([...sources, "--", "sh", "-c", "sleep 60"]);
    expect(program.output()).toContain("shows front, camera-2, shell at");
    expect((await cameras(program)).map(({ id, source }) => [id, source])).toEqual([
      ["front", "testcard:160x120@5"],
      ["camera-2", "testcard:320x240@5"],
      ["shell", "sh -c sleep 60"],
    ]);
  });

  it("draws test cards as slow as it accepts them, and stays live", async () => {
    const program = await serve(["testcard:160x120@1"]);
    await until(async () => (await cameras(program))[0].sequence >= 2, "the third picture has come");
    const [{ state, detail }] = await cameras(program);
    expect({ state, detail }).toEqual({ state: "live", detail: null });
  });

  it("asks for a token, and tells it, when not only this machine reaches it", async () => {
    const program = await serve(["--host", "0.0.0.0"]);
    expect(program.url).toBe(`http://localhost:${program.port}`);
    const token = /\?token=([\w-]{32})$/m.exec(program.output())?.[1] ?? "";
    const look = async (headers: Record<string, string>) => (await fetch(`${program.url}/cameras`, { headers })).status;
    expect(await look({})).toBe(401); // though it comes from this machine, as everybody does through a proxy on it
    expect(await look({ authorization: `Bearer ${token}` })).toBe(200);
  });

  it("takes its token from the environment, and does not tell it", async () => {
    const told = ["--log-level", "debug", "--", "sh", "-c", "env >&2; sleep 9"]; // by a camera's program
    const env = { TEECAM_TOKEN: "from-the-environment" };
    const program = await serve(["--host", "0.0.0.0", ...told], { env });
    const headers = { authorization: "Bearer from-the-environment" };
    expect((await fetch(`${program.url}/cameras`, { headers })).status).toBe(200);
    expect((await fetch(`${program.url}/cameras`)).status).toBe(401);
    await until(() => program.output().includes("PATH="), "the program has told its environment");
    expect(program.output()).not.toContain("from-the-environment");
  });

  it.each([[["--host", "0.0.0.0", "--no-auth"]], [["--host", "localhost"]], [[]]])(
    "asks for no token with %j",
    async (args) => {
      const program = await serve(args);
      await live(program); // it is asked what it shows
      expect(await program.stop()).toBe(0);
      expect(program.output()).not.toMatch(/token|WRN/);
    },
  );

  it("answers to its own names alone, since another one is a trick of another site's", async () => {
    const program = await serve([]);
    const answer = (name: string) =>
      new Promise<number>((resolve, reject) => {
        const headers = { host: `${name}:${program.port}` };
        request(`${program.url}/cameras`, { headers }, (response) => resolve(response.resume().statusCode ?? 0))
          .on("error", reject)
          .end();
      });
    for (const name of ["localhost", "127.0.0.1", "[::1]", "front.localhost", hostname(), `${hostname()}.local`]) {
      expect([name, await answer(name)]).toEqual([name, 200]);
    }
    for (const name of ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "evil-localhost"]) {
      expect([name, await answer(name)]).toEqual([name, 421]);
    }
  });
});

describe("teecam sign", () => {
  const env = { TEECAM_TOKEN: "from-the-environment" };

  it("prints a query that opens one camera of a program with the same token, and no other", async () => {
    const { code, stdout, stderr } = await runToEnd(["sign", "front", "--for", "90s"], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^\?camera=front&expires=\d{10}&signature=[\w-]{43}\n$/);
    const cameras = ["--name", "front", "testcard:64x48@9", "--name", "back", "testcard:64x48@9"];
    const program = await serve(["--host", "0.0.0.0", ...cameras], { env });
    const look = async (path: string) => (await fetch(program.url + path + stdout.trim())).status;
    expect([await look("/cameras/front/snapshot"), await look("/cameras/back/snapshot")]).toEqual([200, 403]);
  });

  it("signs with the secret of a configuration, and knows its cameras", async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "teecam.yaml");
    writeFileSync(
      file,
      JSON.stringify({ server: { auth: { token: "long-enough" } }, cameras: { front: { source: "testcard:" } } }),
    );
    expect((await runToEnd(["sign", "front", "--config", file], { env })).stdout).toContain("camera=front");
    const { code, stderr } = await runToEnd(["sign", "side", "--config", file], { env });
    expect([code, stderr]).toEqual([2, expect.stringContaining("has front")]);
  });

  it.each<[args: readonly string[], named: string]>([
    [[], "name one camera"],
    [["front", "back"], "name one camera"],
    [["front", "--for", "soon"], "write 90s, 30min or 24h"],
    [["front", "--right", "look"], "one of view, push, admin"],
    [["front", "--bogus"], "'--bogus'"],
    [["front"], "TEECAM_SECRET"],
  ])("%j is wrong use, with one line that says why", async (args, named) => {
    const { code, stdout, stderr } = await runToEnd(["sign", ...args], {
      env: { TEECAM_TOKEN: "", TEECAM_SECRET: "" },
    });
    expect([code, stdout, stderr.trim().split("\n").length]).toEqual([2, "", 1]);
    expect(stderr).toContain(named);
  });
});

describe.runIf(countable)("The end", () => {
  /** Everything it has started, once that includes programs of these names. */
  const started = (program: Teecam, ...names: string[]) =>
    until(() => {
      const all = descendants(program.child.pid ?? 0);
      return names.every((name) => all.some((one) => one.name.startsWith(name))) && all;
    }, `it has started ${names}`);

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "comes with %s within a second, with code 0 and no child",
    async (signal) => {
      const program = await serve(["testcard:160x120@10", "--", "sh", "-c", "sleep 1000 & sleep 1000"]);
      await until(async () => (await cameras(program))[0].state === "live", "the test card is live");
      const all = await started(program, "sh", "sleep");
      const sinceAsked = stopwatch();
      expect(await program.stop(signal)).toBe(0);
      expect(sinceAsked()).toBeLessThan(1000);
      await until(() => !all.some(runs), "no child is left", 500);
      expect(program.output()).not.toMatch(stackTrace);
      await expect(fetch(program.url)).rejects.toThrow();
    },
  );

  it("gives children the time to end well", async () => {
    const script = "trap 'sleep 0.3; echo farewell >&2; exit' TERM; echo ready >&2; while :; do sleep 0.1; done";
    const program = await serve(["--log-level", "debug", "--", "sh", "-c", script]);
    await until(() => program.output().includes("camera: ready"), "the child is ready");
    expect(await program.stop()).toBe(0);
    expect(program.output()).toContain("camera: farewell");
  });

  it("does not wait for a child that does not listen, and leaves none", async () => {
    const script = "trap '' TERM INT; echo ready >&2; while :; do sleep 0.1; done";
    const program = await serve(["--log-level", "debug", "--", "sh", "-c", script]);
    await until(() => program.output().includes("camera: ready"), "the child is deaf");
    const all = await started(program, "sh");
    const sinceAsked = stopwatch();
    expect(await program.stop("SIGINT")).toBe(0);
    expect(sinceAsked()).toBeLessThan(3000);
    await until(() => !all.some(runs), "no child is left", 500);
  });

  it("waits no longer than five seconds for viewers, and not at all with a second signal", async () => {
    const [patient, impatient] = await Promise.all([serve(["testcard:1920x1080"]), serve(["testcard:1920x1080"])]);
    for (const program of [patient, impatient]) {
      await stall(`${program.url}/stream`);
      await until(async () => {
        const [viewer] = (await cameras(program))[0].viewers;
        return viewer?.dropped.replaced > 10;
      }, "the viewer has stalled");
    }
    const all = [...descendants(patient.child.pid ?? 0), ...descendants(impatient.child.pid ?? 0)];
    const sinceAsked = stopwatch();
    const ended = patient.stop("SIGINT");
    const refuses = () =>
      fetch(`${patient.url}/readyz`).then(
        ({ status }) => status === 503,
        () => true,
      );
    await until(refuses, "it is not ready any more, and takes no connections", 1000);
    expect(patient.child.exitCode).toBeNull(); // it still waits for its viewer
    void impatient.stop("SIGINT");
    await until(() => impatient.output().includes("Received SIGINT, shutting down"), "it heard the first signal");
    const sinceAskedAgain = stopwatch();
    expect(await impatient.stop("SIGINT")).toBe(1);
    expect(sinceAskedAgain()).toBeLessThan(500);
    expect(await ended).toBe(0);
    expect(sinceAsked()).toBeLessThan(5000);
    await until(() => !all.some(runs), "no child is left", 500);
    expect(patient.output() + impatient.output()).not.toMatch(stackTrace);
  });

  it("comes within five seconds for a hundred viewers of every kind, which all end", async () => {
    const program = await serve(["testcard:320x240@10", "--name", "slow", "--", "sh", "-c", "sleep 1000 & sleep 1000"]);
    await until(async () => (await cameras(program))[0].state === "live", "the test card is live");
    const all = await started(program, "sh", "sleep");
    const stream = `${program.url}/cameras/camera/stream`;
    const viewers: { readonly seen: number; readonly over: boolean }[] = [];
    for (let i = 0; i < 34; i++) viewers.push(await watchStream(stream), await watchSocket(stream));
    const codes: number[] = [];
    for (let i = 0; i < 32; i++) {
      const socket = new WebSocket(`${program.url.replace("http", "ws")}/ws`, "teecam.v1");
      const viewer = { seen: 0, over: false };
      viewers.push(viewer);
      socket.on("message", (_, isBinary) => {
        if (isBinary) viewer.seen++;
        else if (viewer.seen === 0) socket.send(JSON.stringify({ type: "subscribe", cameras: ["camera", "slow"] }));
      });
      socket.on("close", (code) => {
        viewer.over = true;
        codes.push(code);
      });
      onTestFinished(() => socket.terminate());
    }
    await until(() => viewers.length === 100 && viewers.every(({ seen }) => seen > 0), "a hundred see pictures");
    const sinceAsked = stopwatch();
    expect(await program.stop()).toBe(0);
    expect(sinceAsked()).toBeLessThan(5000);
    await until(() => viewers.every(({ over }) => over), "all have ended", 500);
    expect([...new Set(codes)]).toEqual([1001]);
    await until(() => !all.some(runs), "no child is left", 500);
    await expect(fetch(program.url)).rejects.toThrow();
    expect(program.output()).not.toMatch(stackTrace);
  });

  needs("ffprobe").it("comes while ffprobe is still being asked what a source is", async () => {
    const silent = createServer().listen(0, "127.0.0.1"); // takes the connection and says nothing
    onTestFinished(() => void silent.close());
    await once(silent, "listening");
    const { port } = silent.address() as { port: number };
    const program = await serve([`rtsp://127.0.0.1:${port}/`]);
    const all = await started(program, "ffprobe");
    const sinceAsked = stopwatch();
    expect(await program.stop("SIGINT")).toBe(0);
    expect(sinceAsked()).toBeLessThan(2500);
    await until(() => !all.some(runs), "no child is left", 500);
  });
});

needs("ffmpeg").describe("A password", () => {
  it.each([
    ["as it should be written", `user:${secret}`],
    ["with characters that should have been escaped", `user:${secret}#1`],
    ["with an @", `user:p@${secret}`],
  ])("%s appears in no output, whatever fails", async (_, credentials) => {
    const closed = `${credentials}@127.0.0.1:${await freePort()}/video`;
    const program = run([
      ...["--port", "0", "--log-format", "text", "--log-level", "debug"],
      ...["--name", "rtsp", `rtsp://${closed}`, "--name", "http", `http://${closed}`],
      ...["--name", "command", "--", "ffmpeg", "-i", `rtsp://${closed}`, "-f", "mjpeg", "-"],
    ]);
    onTestFinished(() => kill(program));
    let over = false;
    void program.ended.then(() => {
      over = true;
    });
    const failed = (camera: string) => program.output().includes(`${camera} is failed: `);
    await until(() => over || ["rtsp", "http", "command"].every(failed), "all have failed");
    const url = /http:\/\/127\.0\.0\.1:\d+(?=\/\n)/.exec(program.output())?.[0];
    const shown = url && !over ? await (await fetch(`${url}/cameras`)).text() : "";
    expect(program.output() + shown).toContain("***@127.0.0.1");
    expect(program.output() + shown).not.toContain(secret);
    expect(program.output()).not.toMatch(stackTrace);
  });

  it("in a query appears in no output", async () => {
    const program = await serve([`http://127.0.0.1:${await freePort()}/snap.jpg?user=admin&password=${secret}&fps=5`]);
    await until(() => program.output().includes("camera is failed: "), "it has failed");
    expect(program.output() + JSON.stringify(await cameras(program))).not.toContain(secret);
    expect(program.output()).toContain("fps=5");
  });

  it.each([
    [["--name", `rtsp://user:${secret}@camera/1`]],
    [["--name", "a", "--name", `rtsp://user:${secret}@camera/1`, "testcard:", "testcard:"]],
    [[`tcp-listen://user:${secret}@127.0.0.1`]],
    [[`http://user:${secret}@[1`]],
    [[`testcard:rtsp://user:${secret}@camera/1`]],
    [["--port", `rtsp://user:${secret}@camera/1`]],
  ])("appears in no complaint about wrong use: %j", async (args) => {
    const { code, stderr } = await runToEnd(args);
    expect(code).toBe(2);
    expect(stderr).not.toContain(secret);
  });
});

it("Logs one JSON object an event where no terminal is, with its camera and its session", async () => {
  const server = await serve(["--log-format", "json", "--name", "front", "testcard:64x64@10"]);
  const response = await fetch(`${server.url}/stream`);
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await until(() => server.output().includes("viewer left"), "it is told that the viewer left");
  const lines = server.output().split("\n");
  const events = lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  expect(events.length).toBe(lines.filter(Boolean).length - 1); // besides the line that says where it is
  for (const event of events) {
    expect(new Date(event.time).toISOString()).toBe(event.time);
    expect(event).toMatchObject({ level: "info", camera: "front" });
  }
  expect(events.at(-1)).toMatchObject({ transport: "mjpeg", session: expect.stringMatching(/^[0-9a-f-]{36}$/) });
});
