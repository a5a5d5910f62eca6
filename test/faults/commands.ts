import process from "node:process";
import { runs } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";
import {
  check,
  type Fault,
  firstBackoff,
  named,
  noticeLimit,
  recoveryLimit,
  runner,
  type Trial,
  withViewer,
} from "./fault.ts";
import { writing } from "./harness.ts";
import { watch } from "./watcher.ts";

/** What can happen to a program that makes pictures. */
export const commands: readonly Fault[] = [
  {
    name: "a command that is missing, and then is there",
    inject(harness, number) {
      const path = harness.path(`missing-${number}`);
      return withViewer(harness, harness.add([path]), async (trial) => {
        await named(trial, /failed/, [path, "command not found"]);
        harness.script(`missing-${number}`, writing);
        await newcomerSees(trial);
      });
    },
  },
  {
    name: "a command that is not executable, and then is",
    inject(harness, number) {
      const path = harness.script(`forbidden-${number}`, writing, { executable: false });
      return withViewer(harness, harness.add([path]), async (trial) => {
        await named(trial, /failed/, [path, "permission denied"]);
        harness.script(`forbidden-${number}`, writing);
        await newcomerSees(trial);
      });
    },
  },
  {
    name: "a command that exits every second",
    parallel: 10,
    inject(harness, number) {
      const lines = 'for i in 1 2 3 4 5; do cat "$picture"; sleep 0.2; done; echo "lens fell off" >&2; exit 7';
      return withViewer(harness, harness.add([harness.script(`exiting-${number}`, lines)]), async (trial) => {
        await trial.viewer.more(1);
        await named(trial, /restarting/, ["7", "lens fell off"]);
        await trial.viewer.more(1, firstBackoff + recoveryLimit);
      });
    },
  },
  {
    name: "a command that is killed",
    inject(harness, number) {
      const path = harness.script(`killed-${number}`, writing);
      return withViewer(harness, harness.add([path]), async (trial) => {
        await trial.viewer.more(2);
        process.kill(await runner(path), "SIGKILL");
        await named(trial, /restarting/, ["SIGKILL"]);
        await trial.viewer.more(2, firstBackoff + recoveryLimit);
      });
    },
  },
  {
    name: "a command that is stopped (SIGSTOP)",
    parallel: 25,
    inject(harness, number) {
      const path = harness.script(`stopped-${number}`, writing);
      return withViewer(harness, harness.add([path]), async (trial) => {
        await trial.viewer.more(2);
        const pid = await runner(path);
        process.kill(pid, "SIGSTOP");
        await isStalled(trial);
        await trial.viewer.told(/restarting|failed/, 2 * noticeLimit);
        await until(() => !runs({ pid }), "the stopped program is gone", recoveryLimit);
        await trial.viewer.more(2, firstBackoff + recoveryLimit);
      });
    },
  },
  {
    name: "a command that writes nothing at first",
    parallel: 25,
    inject(harness, number) {
      const path = harness.script(
        `silent-${number}`,
        `[ -e "$0.ready" ] || { touch "$0.ready"; sleep 1000; }; ${writing}`,
      );
      return withViewer(harness, harness.add([path]), async (trial) => {
        await isStalled(trial);
        await trial.viewer.more(2, 4 * noticeLimit);
      });
    },
  },
  {
    name: "a command that writes garbage alone",
    parallel: 25,
    inject(harness, number) {
      const garbage = "while :; do head -c 3000 /dev/urandom; sleep 0.1; done";
      const path = harness.script(
        `garbage-${number}`,
        `[ -e "$0.ready" ] || { touch "$0.ready"; ${garbage}; }; ${writing}`,
      );
      return withViewer(harness, harness.add([path]), async (trial) => {
        await isStalled(trial);
        check((await harness.ask(trial.camera)).input.skipped > 0, "garbage is not counted");
        await trial.viewer.more(2, 4 * noticeLimit);
      });
    },
  },
  {
    name: "a command on demand, whose viewers go and come",
    async inject(harness, number) {
      const path = harness.script(`wanted-${number}`, writing);
      const camera = harness.add([path], { onDemand: 300 });
      try {
        check(camera.state.state === "idle", "it does not run before anybody watches");
        for (let times = 0; times < 2; times++) {
          const viewer = await watch(harness.url, camera.id);
          await viewer.more(2, recoveryLimit);
          const pid = await runner(path);
          await viewer.leave();
          await until(() => !runs({ pid }), "it is ended when nobody watches", recoveryLimit);
          await until(() => camera.state.state === "idle", "the camera is idle", recoveryLimit);
        }
      } finally {
        await harness.remove(camera);
      }
    },
  },
];

/** A viewer who comes now makes an attempt at once, whatever the backoff. */
async function newcomerSees({ harness, camera }: Trial): Promise<void> {
  const newcomer = await watch(harness.url, camera.id);
  await newcomer.more(1, recoveryLimit).finally(() => newcomer.leave());
}

/** The viewer and `GET /cameras/{id}` are told that nothing comes. */
async function isStalled({ harness, camera, viewer }: Trial): Promise<void> {
  await viewer.told("stalled", noticeLimit);
  const { state } = await harness.ask(camera);
  check(state === "stalled", `GET /cameras/${camera.id} says ${state}`);
}
