import process from "node:process";
import { runs } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";
import { back, check, type Fault, firstBackoff, named, notice, onStage, runner, type Stage } from "./fault.ts";
import { writing } from "./house.ts";
import { watch } from "./watcher.ts";

/** What can happen to a program that makes pictures. */
export const commands: readonly Fault[] = [
  {
    name: "a command that is missing, and then is there",
    commit(house, number) {
      const path = house.path(`missing-${number}`);
      return onStage(house, house.add([path]), async (stage) => {
        await named(stage, /failed/, [path, "command not found"]);
        house.script(`missing-${number}`, writing);
        await newcomerSees(stage);
      });
    },
  },
  {
    name: "a command that is not executable, and then is",
    commit(house, number) {
      const path = house.script(`forbidden-${number}`, writing, { executable: false });
      return onStage(house, house.add([path]), async (stage) => {
        await named(stage, /failed/, [path, "permission denied"]);
        house.script(`forbidden-${number}`, writing);
        await newcomerSees(stage);
      });
    },
  },
  {
    name: "a command that exits every second",
    abreast: 10,
    commit(house, number) {
      const lines = 'for i in 1 2 3 4 5; do cat "$picture"; sleep 0.2; done; echo "lens fell off" >&2; exit 7';
      return onStage(house, house.add([house.script(`exiting-${number}`, lines)]), async (stage) => {
        await stage.viewer.more(1);
        await named(stage, /restarting/, ["7", "lens fell off"]);
        await stage.viewer.more(1, firstBackoff + back);
      });
    },
  },
  {
    name: "a command that is killed",
    commit(house, number) {
      const path = house.script(`killed-${number}`, writing);
      return onStage(house, house.add([path]), async (stage) => {
        await stage.viewer.more(2);
        process.kill(await runner(path), "SIGKILL");
        await named(stage, /restarting/, ["SIGKILL"]);
        await stage.viewer.more(2, firstBackoff + back);
      });
    },
  },
  {
    name: "a command that is stopped (SIGSTOP)",
    abreast: 25,
    commit(house, number) {
      const path = house.script(`stopped-${number}`, writing);
      return onStage(house, house.add([path]), async (stage) => {
        await stage.viewer.more(2);
        const pid = await runner(path);
        process.kill(pid, "SIGSTOP");
        await isStalled(stage);
        await stage.viewer.told(/restarting|failed/, 2 * notice);
        await until(() => !runs({ pid }), "the stopped program is gone", back);
        await stage.viewer.more(2, firstBackoff + back);
      });
    },
  },
  {
    name: "a command that writes nothing at first",
    abreast: 25,
    commit(house, number) {
      const path = house.script(
        `silent-${number}`,
        `[ -e "$0.ready" ] || { touch "$0.ready"; sleep 1000; }; ${writing}`,
      );
      return onStage(house, house.add([path]), async (stage) => {
        await isStalled(stage);
        await stage.viewer.more(2, 4 * notice);
      });
    },
  },
  {
    name: "a command that writes garbage alone",
    abreast: 25,
    commit(house, number) {
      const garbage = "while :; do head -c 3000 /dev/urandom; sleep 0.1; done";
      const path = house.script(
        `garbage-${number}`,
        `[ -e "$0.ready" ] || { touch "$0.ready"; ${garbage}; }; ${writing}`,
      );
      return onStage(house, house.add([path]), async (stage) => {
        await isStalled(stage);
        check((await house.ask(stage.camera)).input.skipped > 0, "garbage is not counted");
        await stage.viewer.more(2, 4 * notice);
      });
    },
  },
  {
    name: "a command on demand, whose viewers go and come",
    async commit(house, number) {
      const path = house.script(`wanted-${number}`, writing);
      const camera = house.add([path], { onDemand: 300 });
      try {
        check(camera.state.state === "idle", "it does not run before anybody watches");
        for (let times = 0; times < 2; times++) {
          const viewer = await watch(house.url, camera.id);
          await viewer.more(2, back);
          const pid = await runner(path);
          await viewer.leave();
          await until(() => !runs({ pid }), "it is ended when nobody watches", back);
          await until(() => camera.state.state === "idle", "the camera is idle", back);
        }
      } finally {
        await house.remove(camera);
      }
    },
  },
];

/** A viewer who comes now makes an attempt at once, whatever the backoff. */
async function newcomerSees({ house, camera }: Stage): Promise<void> {
  const newcomer = await watch(house.url, camera.id);
  await newcomer.more(1, back).finally(() => newcomer.leave());
}

/** The viewer and `GET /cameras/{id}` are told that nothing comes. */
async function isStalled({ house, camera, viewer }: Stage): Promise<void> {
  await viewer.told("stalled", notice);
  const { state } = await house.ask(camera);
  check(state === "stalled", `GET /cameras/${camera.id} says ${state}`);
}
