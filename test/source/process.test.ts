import { describe, expect, it } from "vitest";
import { adapter } from "#adapter";
import { command } from "../../src/source/process.ts";
import { until } from "../fixtures/until.ts";

const { spawn } = adapter;
const shell = (script: string) => ["sh", "-c", script] as const;
const text = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();
const never = new AbortController().signal;

/** Whether a process is there and not a zombie. */
async function isAlive(pid: number): Promise<boolean> {
  const { readFile } = await import("node:fs/promises");
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  return stat !== "" && !/\) [ZX] /.test(stat);
}

describe("command", () => {
  it("gives what the program writes, and closes when it exits well", async () => {
    expect(await text(await command(shell("printf hello; printf ' world'"), { spawn })(never))).toBe("hello world");
  });

  it("errors with the exit code and the program's last words when it does not", async () => {
    const stream = await command(shell("printf part; echo 'no such device' >&2; exit 3"), { spawn })(never);
    await expect(text(stream)).rejects.toThrow("sh exited with code 3: no such device");
  });

  it("names the signal that ended it", async () => {
    const stream = await command(shell("kill -9 $$"), { spawn })(never);
    await expect(text(stream)).rejects.toThrow("sh was ended by SIGKILL");
  });

  it("says so when the program is missing or not executable", async () => {
    await expect(command(["no-such-program-here"], { spawn })(never)).rejects.toThrow(
      "no-such-program-here: command not found",
    );
    await expect(command(["/etc/passwd"], { spawn })(never)).rejects.toThrow("/etc/passwd: permission denied");
  });

  it("shows no password the program repeats", async () => {
    const lines: string[] = [];
    const run = command(shell("echo 'rtsp://u:hunter2@h refused' >&2; exit 1"), {
      spawn,
      onLine: (l) => void lines.push(l),
    });
    await expect(text(await run(never))).rejects.toThrow(/^(?!.*hunter2).*\*\*\*@h refused/);
    expect(lines.join()).not.toContain("hunter2");
  });

  it("keeps only the last lines of a program that never stops complaining, and is not blocked by it", async () => {
    const stream = await command(shell("yes complaint 2>/dev/null | head -c 3000000 >&2; echo end; exit 1"), { spawn })(
      never,
    );
    const error = await text(stream).catch(String);
    expect(error).toContain("complaint");
    expect(String(error).length).toBeLessThan(2000);
  });

  for (const how of ["cancelling the stream", "aborting the signal"] as const) {
    it(`${how} ends the program and what it has started`, async () => {
      const abort = new AbortController();
      const stream = await command(shell("sleep 100 & echo $! $$; wait"), { spawn })(abort.signal);
      const reader = stream.getReader();
      const pids = new TextDecoder()
        .decode((await reader.read()).value)
        .trim()
        .split(" ")
        .map(Number);
      expect(pids).toHaveLength(2);
      for (const pid of pids) expect(await isAlive(pid)).toBe(true);
      if (how === "cancelling the stream") await reader.cancel();
      else abort.abort();
      for (const pid of pids) await until(async () => !(await isAlive(pid)), `process ${pid} ends`, 3000);
    });
  }

  it("ends a program that ignores SIGTERM", async () => {
    const stream = await command(shell("trap '' TERM; echo $$; while :; do sleep 1; done"), { spawn })(never);
    const reader = stream.getReader();
    const pid = Number(new TextDecoder().decode((await reader.read()).value));
    await reader.cancel();
    expect(await isAlive(pid)).toBe(false);
  });

  it("ends what a program leaves behind when it exits", async () => {
    const stream = await command(shell("sleep 100 >/dev/null 2>&1 & echo $!"), { spawn })(never);
    const pid = Number(await text(stream));
    await until(async () => !(await isAlive(pid)), `process ${pid} ends`, 3000);
  });

  it("starts the next run only when the one before is gone", async () => {
    const run = command(shell("trap 'sleep 0.3; exit 0' TERM; echo $$; while :; do sleep 0.01; done"), { spawn });
    const first = (await run(never)).getReader();
    const pid = Number(new TextDecoder().decode((await first.read()).value));
    void first.cancel();
    const second = await run(never);
    expect(await isAlive(pid)).toBe(false);
    await second.cancel();
  });

  it("does not start at all when the signal is aborted before", async () => {
    await expect(command(shell("true"), { spawn })(AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
  });

  it("holds back a program that writes faster than anybody reads", async () => {
    const stream = await command(["cat", "/dev/zero"], { spawn })(never);
    const reader = stream.getReader();
    const { value } = await reader.read();
    expect(value?.length ?? 0).toBeGreaterThan(0);
    expect(value?.length ?? 0).toBeLessThanOrEqual(1 << 20);
    await reader.cancel();
  });
});
