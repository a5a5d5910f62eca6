import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished } from "vitest";
import { freePort } from "../fixtures/ports.ts";
import { needs } from "../fixtures/programs.ts";
import { serve } from "../fixtures/serve.ts";
import { commandLine } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

/** Stands where systemd does: a datagram socket that prints what it is told. */
const listener = `
import socket, sys
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(sys.argv[1])
print("bound", flush=True)
while True:
    for line in ear.recv(4096).decode().splitlines():
        print(line, flush=True)
`;

needs("systemd-notify", "python3").it(
  "As a service it says that it is ready, that it lives, and that it is ending",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-notify-"));
    const path = join(folder, "notify");
    const python = spawn("python3", ["-c", listener, path], { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => {
      python.kill();
      rmSync(folder, { recursive: true });
    });
    const told: string[] = [];
    createInterface({ input: python.stdout }).on("line", (line) => told.push(line));
    await until(() => told.includes("bound"), "somebody listens");

    const seen = join(folder, "environment");
    const server = await serve(["testcard:64x64@5", "--", "sh", "-c", 'env > "$0"; sleep 1000', seen], {
      env: { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1000000" },
    });
    await until(() => told.includes("READY=1"), "it says that it is ready");
    await until(() => told.filter((line) => line === "WATCHDOG=1").length >= 3, "it says that it lives");
    expect(told).not.toContain("STOPPING=1");
    const environment = await until(() => existsSync(seen) && readFileSync(seen, "utf8"), "a camera's program runs");
    expect(environment).toContain("PATH=");
    expect(environment).not.toMatch(/NOTIFY_SOCKET|WATCHDOG/); // it is not for it to speak for the service
    expect(await server.stop()).toBe(0);
    await until(() => told.includes("STOPPING=1"), "it says that it is ending");
  },
);

needs("systemd-socket-activate").it("It serves on a socket that systemd hands over, on Node", async () => {
  const port = await freePort();
  const words = [`--listen=127.0.0.1:${port}`, "-E", "PATH", "-E", "HOME", ...commandLine(), "testcard:64x64@5"];
  const activator = spawn("systemd-socket-activate", words, { stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void activator.kill("SIGKILL"));
  let output = "";
  for (const stream of [activator.stdout, activator.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  await until(() => output.includes("Listening on"), "the socket listens");
  if ("Deno" in globalThis) {
    void fetch(`http://127.0.0.1:${port}/livez`).catch(() => {});
    await until(() => output.includes("Deno cannot take over a socket"), "it says that it cannot");
    return;
  }
  const answer = await fetch(`http://127.0.0.1:${port}/snapshot`); // which starts it
  expect(answer.status).toBe(200);
  expect(output).toContain(` at http://127.0.0.1:${port}/`);
});
