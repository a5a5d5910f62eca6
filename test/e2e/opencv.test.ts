import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import { adapter } from "#adapter";
import { Camera } from "../../src/camera/camera.ts";
import type { Detection } from "../../src/predict/prediction.ts";
import { needs, pythonWith } from "../fixtures/programs.ts";
import { until } from "../fixtures/until.ts";

const python = pythonWith("cv2");

needs(python).it("The example with OpenCV follows the ball of the test card", async () => {
  const script = fileURLToPath(new URL("../../examples/ball.py", import.meta.url));
  const predict = { command: [python, script] as const };
  const camera = new Camera({ id: "front", source: "testcard:640x480@15", predict }, adapter);
  onTestFinished(() => camera.close());
  const boxes: Detection["box"][] = [];
  const reader = camera.predictor?.predictions.tee().getReader();
  await until(
    async () => {
      const [ball] = ((await reader?.read())?.value?.result ?? []) as unknown as Detection[];
      if (ball) boxes.push(ball.box);
      return boxes.length >= 20;
    },
    `the ball is found: ${JSON.stringify(camera.predictor?.report())}`,
  );
  await reader?.cancel();
  const middles = boxes.map(({ xmin, xmax, ymin, ymax }) => ({ x: (xmin + xmax) / 2, y: (ymin + ymax) / 2 }));
  for (const { xmin, xmax, ymin, ymax } of boxes) {
    expect(Math.max(xmax - xmin, ymax - ymin)).toBeLessThan(100);
    expect(Math.min(xmax - xmin, ymax - ymin)).toBeGreaterThan(10);
  }
  const [first, last] = [middles[0], middles.at(-1)];
  expect(Math.hypot((last?.x ?? 0) - (first?.x ?? 0), (last?.y ?? 0) - (first?.y ?? 0))).toBeGreaterThan(20);
});
