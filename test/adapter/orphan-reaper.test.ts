import { spawn } from "node:child_process";
import { describe, expect, it } from "vitest";
import { OrphanReaper, type StartReaper } from "../../src/adapter/orphan-reaper.ts";
import { program, runs } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";

/** Starts wardens for real, and lets go of all of them at once. */
function gates() {
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

describe.skipIf(win32)("A warden", () => {
  it.runIf(process.platform === "linux")("ends a program with its mark, of which it was never told", async () => {
    const [mine, another] = [gates(), gates()];
    const [warden, stranger] = [new OrphanReaper(mine.start), new OrphanReaper(another.start)];
    const marked = program(["sleep", "1000"], { env: warden.variables });
    const spared = program(["sleep", "1001"], { env: stranger.variables });
    mine.close();
    expect(await marked.ended).toBe("SIGKILL");
    await until(() => mine.ended() === 1, "it ends too");
    expect(runs(spared)).toBe(true);
    another.close();
    expect(await spared.ended).toBe("SIGKILL");
  });

  it("ends the groups it knows when it is let go of, and none that it was told to forget", async () => {
    const { start, started, ended, close } = gates();
    const warden = new OrphanReaper(start);
    const [first, second, third] = [sleeper(), sleeper(), sleeper()];
    for (const { pid } of [first, second, third]) expect(warden.guard(pid)).toBeUndefined();
    warden.release(second.pid);
    expect([...warden.groups]).toEqual([first.pid, third.pid]);
    expect(started()).toBe(1);
    close();
    expect(await Promise.all([first.ended, third.ended])).toEqual(["SIGKILL", "SIGKILL"]);
    await until(() => ended() === 1, "it ends too");
    expect(runs(second)).toBe(true);
  });

  it("says once why there can be none, and goes on", () => {
    const warden = new OrphanReaper(() => {
      throw new Error("spawn /bin/sh ENOENT");
    });
    expect([warden.guard(1), warden.guard(2)]).toEqual([
      "Programs that write nothing will run on if teecam is killed: spawn /bin/sh ENOENT",
      undefined,
    ]);
    expect([...warden.groups]).toEqual([1, 2]);
  });
});
