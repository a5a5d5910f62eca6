import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { OrphanReaper, type StartReaper } from "../../src/adapter/orphan-reaper.ts";
import { pause } from "../fixtures/machine.ts";
import { program, runs } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";

/** Starts real reaper processes, and closes the standard input of all of them at once. */
function reapers() {
  const open: (() => void)[] = [];
  let ended = 0;
  const start: StartReaper = ([shell, ...args], onExit) => {
    const child = spawn(shell, args, { stdio: ["pipe", "ignore", "ignore"], detached: true });
    child.once("exit", () => {
      ended++;
      onExit();
    });
    open.push(() => void child.stdin.end());
    return { write: (text) => void child.stdin.write(text) };
  };
  return { start, started: () => open.length, ended: () => ended, close: () => open.forEach((end) => void end()) };
}

const sleeper = () => program(["sh", "-c", "sleep 1000 & sleep 1001"]);
const win32 = process.platform === "win32";

describe.skipIf(win32)("An orphan reaper", () => {
  it.runIf(process.platform === "linux")("kills a program with its mark, of which it was never told", async () => {
    const [mine, another] = [reapers(), reapers()];
    const [reaper, stranger] = [new OrphanReaper(mine.start), new OrphanReaper(another.start)];
    const marked = program(["sleep", "1000"], { env: reaper.variables });
    const spared = program(["sleep", "1001"], { env: stranger.variables });
    mine.close();
    expect(await marked.ended).toBe("SIGKILL");
    await until(() => mine.ended() === 1, "it ends too");
    expect(runs(spared)).toBe(true);
    another.close();
    expect(await spared.ended).toBe("SIGKILL");
  });

  it("kills the groups it knows when its input closes, and none that was released", async () => {
    const { start, started, ended, close } = reapers();
    const reaper = new OrphanReaper(start);
    const [first, second, third] = [sleeper(), sleeper(), sleeper()];
    for (const { pid } of [first, second, third]) expect(reaper.guard(pid)).toBeUndefined();
    reaper.release(second.pid);
    expect([...reaper.groups]).toEqual([first.pid, third.pid]);
    expect(started()).toBe(1);
    close();
    expect(await Promise.all([first.ended, third.ended])).toEqual(["SIGKILL", "SIGKILL"]);
    await until(() => ended() === 1, "it ends too");
    expect(runs(second)).toBe(true);
  });

  it("kills a process in time that it was told to, however busy that is", async () => {
    const { start, ended, close } = reapers();
    const reaper = new OrphanReaper(start);
    const busy = program([process.execPath, ...("Deno" in globalThis ? ["eval"] : ["-e"]), "for (;;);"]);
    const spared = sleeper();
    reaper.killAfter(busy.pid, 300);
    expect(await busy.ended).toBe("SIGKILL");
    reaper.killAfter(spared.pid, 500);
    close(); // this process has ended in time
    await until(() => ended() === 1, "it ends too");
    await pause(800);
    expect(runs(spared)).toBe(true);
  });

  it("tells once why it cannot start, and goes on", () => {
    const reaper = new OrphanReaper(() => {
      throw new Error("spawn /bin/sh ENOENT");
    });
    expect([reaper.guard(1), reaper.guard(2)]).toEqual([
      "Programs that write nothing will run on if teecam is killed: spawn /bin/sh ENOENT",
      undefined,
    ]);
    expect([...reaper.groups]).toEqual([1, 2]);
  });
});
