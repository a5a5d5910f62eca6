// biome-ignore-all lint/suspicious/noTemplateCurlyInString: configurations write variables like this
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { runToEnd } from "../fixtures/run-to-end.ts";

const secret = "hunter2";

describe("teecam check", () => {
  const write = (text: string) => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "teecam.yaml");
    writeFileSync(file, text);
    return file;
  };

  it("says in one line that a configuration is good, and starts nothing", async () => {
    const file = write("cameras: { a: { source: './*.jpg' }, b: { command: [sh, -c, 'touch started'] } }");
    expect(await runToEnd(["check", file])).toEqual({ code: 0, stdout: `${file}: 2 cameras, no errors\n`, stderr: "" });
    expect(existsSync(join(dirname(file), "started"))).toBe(false);
  });

  it("says which files and programs are not there, each relative to the folder of the file, with code 2", async () => {
    const file = write(
      `cameras:
  a: { source: clips/no-such.mp4 }
  b: { command: [no-such-program], predict: { module: ./no-such.ts } }
  c: { command: [./no-such.sh] }
  d: { source: "no-such/*.jpg" }
  e: { source: /dev/video99 }
  f: { source: "https://cam/", tls: { ca: no-such.pem } }
  g: { source: "rtsp://cam/" }
  h: { source: no-such.jpg, loop: true }`,
    );
    const { code, stderr } = await runToEnd(["check", file], { env: { PATH: "/no-such-folder" } });
    const folder = dirname(file);
    const noFfmpeg = (id: string) =>
      ["ffmpeg", "ffprobe"].map((program) => `cameras.${id}.source: no such program: ${program}`);
    const expected = [
      `cameras.a.source: no such file: ${folder}/clips/no-such.mp4`,
      ...noFfmpeg("a"),
      "cameras.b.command: no such program: no-such-program",
      `cameras.b.predict: no such file: ${folder}/no-such.ts`,
      `cameras.c.command: no such program: ${folder}/no-such.sh`,
      `cameras.d.source: no such folder: ${folder}/no-such`,
      ...noFfmpeg("e"),
      `cameras.f.tls.ca: no such file: ${folder}/no-such.pem`,
      ...noFfmpeg("g"),
      `cameras.h.source: no such file: ${folder}/no-such.jpg`,
    ];
    expect(stderr.trim().split("\n")).toEqual(expected.map((line) => `${file}: ${line}`));
    expect(code).toBe(2);
  });

  it("tells all that is wrong, one line each, without what the environment holds, with code 2", async () => {
    const file = write("server: { prot: 1 }\ncameras: { a: { source: 'testcard:${SECRET}' } }");
    const { code, stdout, stderr } = await runToEnd(["check", file], { env: { SECRET: secret } });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim().split("\n")).toEqual([
      `${file}:1:11: server.prot: unknown key, did you mean port?`,
      expect.stringContaining(`${file}:2:25: cameras.a.source: found the value of \${SECRET}, expected a source`),
    ]);
    const started = await runToEnd(["--config", file, "--port", "0"], { env: { SECRET: secret } });
    expect(started).toEqual({ code, stdout, stderr });
  });

  it("tells of a file that is none, and of one that is not text", async () => {
    const [missing, binary] = [join(tmpdir(), "no-such-teecam.yaml"), write("")];
    writeFileSync(binary, new Uint8Array([0xff, 0xfe, 0x61, 0x00]));
    expect((await runToEnd(["check", missing])).stderr).toBe(`${missing}: no such file\n`);
    expect((await runToEnd(["check", binary])).stderr).toBe(`${binary}: not UTF-8 text; save it as UTF-8\n`);
    expect((await runToEnd(["check", "/dev/zero"])).stderr).toContain("/dev/zero: is a pipe or a device, not a file");
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
