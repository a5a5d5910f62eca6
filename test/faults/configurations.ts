import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { kill } from "../fixtures/processes.ts";
import { run, start } from "../fixtures/teecam.ts";
import { until } from "../fixtures/until.ts";
import { check, type Fault } from "./fault.ts";
import { watch } from "./watcher.ts";

const card = "testcard:64x64@10";
const right = { cameras: { card: { source: card } } };
const more = { cameras: { ...right.cameras, more: { source: card } } };
const wrong = { cameras: { card: { source: card, fps: "often" }, back: { sauce: card } } };

/** What the file of the configuration may be. */
export const configurations: readonly Fault[] = [
  {
    name: "a configuration that is wrong at the start",
    parallel: 2,
    inject: () =>
      withFile(async (file, write) => {
        write(wrong);
        for (const args of [
          ["--config", file],
          ["check", file],
        ]) {
          const program = run(args);
          const code = await program.ended;
          check(code !== 0 && typeof code === "number", `it ended with ${code}`);
          names(program.output(), file);
        }
      }),
  },
  {
    name: "a configuration that becomes wrong, and right again",
    parallel: 2,
    inject: () =>
      withFile(async (file, write) => {
        write(right);
        const server = await start(["--config", file]);
        try {
          const viewer = await watch(server.url, "card");
          await viewer.more(2);
          write(wrong);
          process.kill(server.child.pid ?? 0, "SIGHUP");
          await until(() => server.output().includes("Cannot reload configuration"), "the log says why", 2000);
          names(server.output(), file);
          await viewer.more(2);
          write(more);
          process.kill(server.child.pid ?? 0, "SIGHUP");
          const added = await watch(server.url, "card");
          await until(async () => (await fetch(`${server.url}/cameras/more`)).ok, "the new camera is there", 2000);
          await viewer.more(2);
          check(!viewer.over && !viewer.disordered, "the viewer is not interrupted");
          const isWell = ({ state }: { state: string }) => /^(starting|live)$/.test(state);
          check(viewer.states.every(isWell), "the viewer is told of nothing");
          await Promise.all([viewer.leave(), added.leave()]);
          check((await server.stop()) === 0, "it ends well");
        } finally {
          await kill(server);
        }
      }),
  },
];

/** Each thing that is wrong has a line with its place, what was found and what is expected. */
function names(output: string, file: string): void {
  for (const what of [/cameras\.card\.fps.*often/, /cameras\.back\.sauce/]) {
    const line = output.split("\n").find((line) => what.test(line));
    check(line?.includes(`${file}:1:`), `no line names ${what}: ${output}`);
  }
}

async function withFile(inject: (file: string, write: (configuration: object) => void) => Promise<void>) {
  const folder = mkdtempSync(join(tmpdir(), "teecam-faults-"));
  const file = join(folder, "teecam.json");
  const write = (configuration: object) => {
    writeFileSync(`${file}.new`, JSON.stringify(configuration));
    renameSync(`${file}.new`, file);
  };
  try {
    await inject(file, write);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
