import { expect, it } from "vitest";
import { describePredictor } from "../../src/predict/source.ts";
import type { Argv } from "../../src/source/source.ts";

it.each<[Argv, string]>([
  [["python3", "detect.py"], "detect.py"],
  [["/usr/bin/python3.11", "-u", "/srv/my scripts/detect.py", "--model", "yolo.pt"], "scripts/detect.py"],
  [["python3", "-m", "ultralytics.serve", "--port", "1"], "ultralytics.serve"],
  [["python3", "-c", "print('a.py')"], "python3"],
  [["uv", "run", "--script", "detect.py"], "detect.py"],
  [["nice", "-n", "10", "python3", "detect.py"], "detect.py"],
  [["sh", "-c", "exec python3 /srv/detect.py --fps 5"], "/srv/detect.py"],
  [["deno", "run", "-A", "./predict.ts"], "./predict.ts"],
  [["node", "--import", "tsx", "predict.mts"], "predict.mts"],
  [["java", "-jar", "detect.jar"], "detect.jar"],
  [["./detect", "model.py"], "./detect"],
  [["/opt/detector/bin/detect"], "/opt/detector/bin/detect"],
])("A predictor of the command %j is described as %s", (command, name) => {
  expect(describePredictor({ command })).toBe(name);
});

it("A built-in predictor and a module are described by their names", () => {
  expect(describePredictor("motion")).toBe("motion");
  expect(describePredictor({ module: "file:///srv/light.ts" })).toBe("/srv/light.ts");
});
