import { describe, expect, it } from "vitest";
import { runToEnd, stackTrace } from "../fixtures/run-to-end.ts";

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
    ["a file that is not there", ["foo"], /Cannot open foo: no such file/],
    ["an unknown scheme", ["rtps://10.0.0.7/live"], /unknown scheme rtps:\/\/; did you mean rtsps?:\/\/\?/],
    ["--loop without a file", ["--loop", "testcard:"], /no source is a file/],
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
