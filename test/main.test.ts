import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { readTimecode } from "../src/testcard/timecode.ts";
import { cameras } from "./fixtures/cameras.ts";
import { allow } from "./fixtures/machine.ts";
import { runToEnd, stackTrace } from "./fixtures/run-to-end.ts";
import { serve } from "./fixtures/serve.ts";
import type { Teecam } from "./fixtures/teecam.ts";
import { until } from "./fixtures/until.ts";

const live = (program: Teecam) =>
  until(
    async () => (await cameras(program)).every(({ state }) => state === "live"),
    `all cameras are live; ${program.output()}`,
  );

describe("A server that cannot start", () => {
  const oneLine = /^teecam: [A-Z][^\n]+\n$/;

  it("a port that is in use is one line that names --port, with code 1", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void taken.close());
    await once(taken, "listening");
    const { port } = taken.address() as { port: number };
    const { code, stdout, stderr } = await runToEnd(["--port", String(port)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(oneLine);
    expect(stderr).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*address already in use.*--port`));
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
      const folder = mkdtempSync(join(tmpdir(), "teecam-"));
      onTestFinished(() => rmSync(folder, { recursive: true }));
      writeFileSync(join(folder, "clip.mp4"), "");
      const input = source === "clip.mp4" ? join(folder, source) : source;
      const { code, stdout, stderr } = await runToEnd(["--name", "yard", input], { env: { PATH: folder } });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(oneLine);
      expect(stderr).toMatch(/"yard".*ffmpeg: command not found.*apt install ffmpeg/);
    },
  );

  it("reports a command that does not exist, while the other cameras go on", async () => {
    const program = await serve(["--name", "good", "testcard:160x120@10", "--name", "bad", "--", "no-such-command"]);
    const [good, bad] = await until(async () => {
      const both = await cameras(program);
      return both[0].state === "live" && both[1].state === "failed" && both;
    }, "one is live and one has failed");
    expect(bad.detail).toBe("no-such-command: command not found");
    expect(good.detail).toBeNull();
    expect(program.output()).toContain("bad failed: no-such-command: command not found");
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
    const camera = ["--log-level", "debug", "--", "sh", "-c", "env >&2; sleep 9"]; // prints its environment
    const env = { TEECAM_TOKEN: "from-the-environment" };
    const program = await serve(["--host", "0.0.0.0", ...camera], { env });
    const headers = { authorization: "Bearer from-the-environment" };
    expect((await fetch(`${program.url}/cameras`, { headers })).status).toBe(200);
    expect((await fetch(`${program.url}/cameras`)).status).toBe(401);
    await until(() => program.output().includes("PATH="), "the program has printed its environment");
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
