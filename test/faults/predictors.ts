import process from "node:process";
import { runs } from "../fixtures/processes.ts";
import { until } from "../fixtures/until.ts";
import { check, type Fault, firstBackoff, recoveryLimit, runner, withViewer } from "./fault.ts";
import { writing } from "./harness.ts";

/** Answers to each frame with its sequence. */
const answers = `python3 -uc '
import json, sys
for line in sys.stdin.buffer:
    head = json.loads(line)
    sys.stdin.buffer.read(head["length"])
    print(json.dumps({"seen": head["sequence"]}))
'`; // in a process of its own, which is not to be left behind

/** What can happen to a program that predicts: pictures go on whatever it does. */
export const predictors: readonly Fault[] = [
  {
    name: "a predictor that is killed",
    inject(harness, number) {
      const path = harness.script(`eyes-${number}.sh`, answers);
      const camera = harness.add([harness.script(`seen-by-${number}`, writing)], { predict: { command: [path] } });
      const { predictor } = camera;
      return withViewer(harness, camera, async ({ viewer }) => {
        const answered = () => predictor?.predictions.newest?.sequence ?? -1;
        await until(() => answered() >= 0, "it predicts");
        const pid = await runner(path);
        process.kill(pid, "SIGKILL");
        await until(() => !runs({ pid }), "it is gone", recoveryLimit);
        await viewer.more(2, 500); // whatever becomes of it
        await until(async () => (await runner(path)) !== pid, "it runs again", firstBackoff + recoveryLimit);
        const last = answered();
        await until(() => answered() > last, "it predicts again", firstBackoff + recoveryLimit);
        check(
          viewer.states.every(({ state }) => /^(starting|live)$/.test(state)),
          "the viewer is told of nothing",
        );
      });
    },
  },
];
