import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { countable, descendants, type Listed, program, runs } from "../fixtures/processes.ts";
import { serve } from "../fixtures/serve.ts";
import { commandLine } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";

/** A camera that writes nothing, so that no broken pipe ends it, and has started something that does not either. */
const silent = ["--", "sh", "-c", "sleep 1000 & sleep 1001"];

/** Its command line; none if it has ended since it was listed. */
function command({ pid }: Listed): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}
const isWarden = (one: Listed) => command(one).includes("kill -s KILL");
const isSleep = ({ name }: Listed) => name === "sleep";

/** What a process's descriptors are of. */
function open(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    try {
      const target = readlinkSync(`${folder}/${fd}`);
      return target === "/dev/null" ? [] : [target];
    } catch {
      return []; // the one that reads the folder
    }
  });
}

/** All that the server has started, when its camera has started all it will. */
function family(pid: number, cameras = 1): Promise<Listed[]> {
  const whole = () => {
    const all = descendants(pid);
    return all.filter(isSleep).length === 2 * cameras && all.some(isWarden) && all;
  };
  return until(whole, "the camera's command has started");
}

describe.runIf(countable)("A silent command and what it has started", () => {
  it("are gone within two seconds when teecam is killed by SIGKILL, and so is who sees to it", async () => {
    const server = await serve([...silent]);
    const all = await family(server.child.pid ?? 0);
    expect(await server.stop("SIGKILL")).toBe("SIGKILL");
    await until(() => !all.some(runs), "no process is left", 2000);
  });

  it("are gone when all of teecam's process group is", async () => {
    const server = program([...commandLine(), "--port", "0", ...silent]);
    const all = await family(server.pid);
    server.signal("SIGKILL");
    await server.ended;
    await until(() => !all.some(runs), "no process is left", 2000);
  });

  it("are gone when teecam ends as it is asked to, and leave no zombie", async () => {
    const server = await serve([...silent]);
    const all = await family(server.child.pid ?? 0);
    expect(await server.stop("SIGTERM")).toBe(0);
    await until(() => !all.some(runs), "no process is left", 2000);
  });

  it("are gone although the one who saw to it was killed before, once something else was started", async () => {
    const server = await serve(["testcard:160x120@5", ...silent]);
    const pid = server.child.pid ?? 0;
    const [before] = (await family(pid)).filter(isWarden);
    process.kill(before?.pid ?? 0, "SIGKILL");
    await until(() => !descendants(pid).some((one) => one.pid === before?.pid), "it is reaped");
    const card = descendants(pid).find((one) => command(one).includes("testcard/main"));
    process.kill(card?.pid ?? 0, "SIGKILL"); // it is started again
    const all = await family(pid);
    await server.stop("SIGKILL");
    await until(() => !all.some(runs), "no process is left", 2000);
  });
});

describe.runIf(countable)("The one who sees to it", () => {
  it("stays when it is asked to end, and holds nothing of teecam's but the end of a pipe", async () => {
    const server = await serve([...silent]);
    const [warden] = (await family(server.child.pid ?? 0)).filter(isWarden);
    const pid = warden?.pid ?? 0;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(pid, signal);
    const inherited = open(process.pid); // as everything here has it from who runs the tests
    expect(open(pid).filter((target) => !inherited.includes(target))).toEqual([
      expect.stringMatching(/^(pipe|socket):/),
    ]);
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).not.toContain("PATH=");
    expect(server.output()).not.toContain("will run on");
    expect(runs({ pid })).toBe(true);
  });

  it("does not keep a program from ending that has nothing more to do, and ends with it", async () => {
    const spawner = program([...commandLine(new URL("../fixtures/spawner.ts", import.meta.url)), "sleep", "0.3"]);
    const warden = await until(() => descendants(spawner.pid).find(isWarden), "a program has been started");
    expect(await spawner.ended).toBe(0);
    await until(() => !runs(warden), "it is gone", 1000);
  });
});
