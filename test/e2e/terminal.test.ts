import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { expect, it, onTestFinished } from "vitest";
import { descendants, runs } from "../fixtures/processes.ts";
import { needs } from "../fixtures/programs.ts";
import { commandLine, start } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

/** Runs a program on a terminal of its own, tells what it writes, and closes the terminal at a line's notice. */
const terminal = `
import os, pty, sys, threading
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
print("pid", pid, flush=True)
def close():
    sys.stdin.readline()
    os.close(master)
threading.Thread(target=close, daemon=True).start()
try:
    while True:
        sys.stdout.buffer.write(os.read(master, 4096))
        sys.stdout.buffer.flush()
except OSError:
    pass
print("ended with", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
`;

/** How it ends; the last thing that Node 20 does is to crash over a terminal that is gone (not so from 22 on). */
const well = /^v20\./.test(process.version) && !("Deno" in globalThis) ? /^(0|-6|-11)$/ : /^0$/;

/** The program on a terminal. */
async function onTerminal(args: readonly string[]) {
  const words = ["-c", terminal, ...commandLine(), "--port", "0", ...args];
  const python = spawn("python3", words, { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  python.stdout.on("data", (chunk) => {
    output += chunk;
  });
  onTestFinished(() => void python.kill("SIGKILL"));
  const find = (pattern: RegExp, what: string) => until(() => pattern.exec(output)?.[1], what);
  const pid = Number(await find(/^pid (\d+)/m, "the terminal is open"));
  const url = await find(/ at (http:\/\/\S+:\d+)\//, "teecam listens");
  return { pid, url, close: () => python.stdin.write("\n"), ended: () => find(/ended with (-?\d+)/, "it ends") };
}

needs("python3").describe("On a terminal that is closed", () => {
  it("it ends as SIGTERM would have it end, however often it is told", async () => {
    const deaf = ["--", "sh", "-c", "trap '' HUP; sleep 1000"];
    const { pid, url, close, ended } = await onTerminal(["testcard:64x64@10", ...deaf]);
    const started = () => descendants(pid).filter(({ name }) => name === "sleep");
    const all = await until(() => started().length > 0 && descendants(pid), "all programs run");
    const stream = (await fetch(`${url}/stream`)).arrayBuffer();
    close();
    process.kill(pid, "SIGHUP");
    expect((await stream).byteLength).toBeGreaterThan(0); // it ends as a stream should
    expect(await ended()).toMatch(well);
    await until(() => !all.some(runs), "all programs are gone"); // a killed process is listed until it has been reaped
  });

  it("it goes on where there is a configuration to read again", async () => {
    const folder = mkdtempSync(join(tmpdir(), "teecam-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "teecam.json");
    const write = (cameras: object) => writeFileSync(file, JSON.stringify({ cameras }));
    write({ front: { source: "testcard:64x64@10" } });
    const { pid, url, close, ended } = await onTerminal(["--config", file]);
    write({ front: { source: "testcard:64x64@10" }, back: { source: "testcard:64x64@10" } });
    close();
    await until(async () => (await fetch(`${url}/cameras/back`)).ok, "the configuration is read again");
    expect((await fetch(`${url}/cameras/front/snapshot`)).status).toBe(200);
    process.kill(pid, "SIGTERM");
    expect(await ended()).toMatch(well);
  });
});

it("It goes on when nobody reads its output any more", async () => {
  const server = await start(["testcard:64x64@10", "--name", "out", "--", "false"]);
  onTestFinished(() => void server.child.kill("SIGKILL"));
  server.child.stdout?.destroy();
  server.child.stderr?.destroy();
  const restarts = async () =>
    ((await (await fetch(`${server.url}/cameras/out`)).json()) as { restarts: number }).restarts;
  const before = await restarts();
  await until(async () => (await restarts()) > before + 1, "the log has something to tell");
  expect((await fetch(`${server.url}/snapshot`)).status).toBe(200);
});
