import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { connect } from "node:net";
import process from "node:process";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../fixtures/ports.ts";
import { commandLine, start } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const controls = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f]/;
const evil = "printf 'a\\033]0;owned\\007b \\342\\200\\256 \\302\\233m \\342\\200\\213 \\rfake\\n' >&2; exit 3";

describe("What outsiders and programs write", () => {
  it.each(["text", "json"])("drives no terminal and forges no line of a log of %s", async (format) => {
    const args = ["--log-level", "debug", "--log-format", format, "--name", "evil", "--", "sh", "-c", evil];
    const teecam = await start(args, { env: { TEECAM_TOKEN: "the-right-token" } });
    for (const path of ["/x%1b%5d0;OWNED%07", "/x%0a2026-01-01%20info%20FORGED", "/x%c2%9b31m", "/x%e2%80%ae"]) {
      const socket = connect(teecam.port, "127.0.0.1");
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer wrong-one\r\nConnection: close\r\n\r\n`,
      );
      socket.resume();
      await once(socket, "close");
    }
    await until(() => /evil failed/.test(teecam.output()) && /refused/.test(teecam.output()), "both are in the log");
    expect(teecam.output()).not.toMatch(controls);
    expect(teecam.output()).toMatch(/\\(?:x|u00)1b/);
    expect(
      teecam
        .output()
        .split("\n")
        .filter((line) => line.startsWith("2026-01-01")),
    ).toEqual([]);
    if (format === "json")
      for (const line of teecam.output().split("\n").slice(1)) if (line.startsWith("{")) JSON.parse(line);
  });
});

it.each(["stdout", "stderr"])("A full disk behind %s does not end it", async (full) => {
  const port = await freePort();
  const [program, ...args] = commandLine();
  const [sink, good] = [openSync("/dev/full", "w"), openSync("/dev/null", "w")];
  const stdio: ("ignore" | number)[] = full === "stdout" ? ["ignore", sink, good] : ["ignore", good, sink];
  const child = spawn(program, [...args, "--port", `${port}`, "--log-level", "debug", "testcard:64x64@5"], { stdio });
  for (const descriptor of [sink, good]) closeSync(descriptor);
  let ended: unknown;
  child.once("exit", (code, signal) => {
    ended = code ?? signal;
  });
  onTestFinished(() => void process.kill(child.pid ?? 0, "SIGKILL"));
  const answers = () =>
    fetch(`http://127.0.0.1:${port}/livez`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(async () => ended !== undefined || (await answers()), "it serves");
  await until(async () => (await (await fetch(`http://127.0.0.1:${port}/snapshot`)).blob()).size > 0, "a picture");
  expect([ended, await answers()]).toEqual([undefined, true]);
});
