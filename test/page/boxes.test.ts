import { describe, expect, it } from "vitest";

interface Box {
  readonly label: string;
  readonly score: number | null;
  readonly relative?: boolean;
}

const load = (name: string) => import(new URL(`../../public/${name}`, import.meta.url).href);
const { parseResult } = (await load("result.js")) as {
  parseResult: (result: unknown) => { readonly boxes: readonly Box[]; readonly text: string | null };
};
const { toPixels } = (await load("boxes.js")) as { toPixels: (box: Box, size: object) => Box };

const size = { width: 200, height: 100 };
const expected = { label: "cat", score: 0.9, xmin: 20, ymin: 10, xmax: 60, ymax: 50 };
const drawn = (result: unknown) => parseResult(result).boxes.map((box) => toPixels(box, size));

describe("Boxes are drawn where they are", () => {
  it.each([
    ["Transformers.js", [{ label: "cat", score: 0.9, box: { xmin: 20, ymin: 10, xmax: 60, ymax: 50 } }]],
    [
      "Transformers.js, in fractions",
      [{ label: "cat", score: 0.9, box: { xmin: 0.1, ymin: 0.1, xmax: 0.3, ymax: 0.5 } }],
    ],
    ["class, confidence and bbox", [{ class: "cat", confidence: 0.9, bbox: [20, 10, 60, 50] }]],
    ["the same in fractions", { detections: [{ class: "cat", confidence: 0.9, bbox: [0.1, 0.1, 0.3, 0.5] }] }],
    [
      "the same, said to be a corner and a size",
      [{ class: "cat", confidence: 0.9, bbox: [20, 10, 40, 40], format: "xywh" }],
    ],
    ["the same, which cannot be corners", [{ class: "cat", confidence: 0.9, bbox: [20, 10, 40, 8] }], 18],
    ["Ultralytics' to_json", [{ name: "cat", class: 15, confidence: 0.9, box: { x1: 20, y1: 10, x2: 60, y2: 50 } }]],
    ["YOLO's xyxy", [{ label: "cat", conf: 0.9, xyxy: [20, 10, 60, 50] }]],
    ["YOLO's xyxyn", [{ label: "cat", conf: 0.9, xyxyn: [0.1, 0.1, 0.3, 0.5] }]],
    ["YOLO's xywh, a centre and a size", [{ label: "cat", conf: 0.9, xywh: [40, 30, 40, 40] }]],
    ["YOLO's xywhn", [{ label: "cat", conf: 0.9, xywhn: [0.2, 0.3, 0.2, 0.4] }]],
    ["Roboflow", { predictions: [{ class: "cat", confidence: 0.9, x: 40, y: 30, width: 40, height: 40 }] }],
    ["TensorFlow.js", [{ class: "cat", score: 0.9, bbox: [20, 10, 40, 40] }]],
    ["OpenCV", [{ label: "cat", score: 0.9, x: 20, y: 10, w: 40, h: 40 }]],
    [
      "MediaPipe",
      {
        detections: [
          {
            categories: [{ categoryName: "cat", score: 0.9 }],
            boundingBox: { originX: 20, originY: 10, width: 40, height: 40 },
          },
        ],
      },
    ],
    ["percent", [{ label: "cat", confidence: 90, left: 20, top: 10, right: 60, bottom: 50 }]],
    ["one alone", { class: "cat", confidence: 0.9, bbox: [20, 10, 60, 50] }],
  ])("as %s gives them", (_, result, ymax = 50) => {
    const [box] = drawn(result);
    expect(box).toEqual({
      ...expected,
      ymax,
      xmin: expect.closeTo(20),
      ymin: expect.closeTo(10),
      xmax: expect.closeTo(60),
    });
  });

  it("as YOLO's rows give them: corners, score, class", () => {
    expect(drawn([[20, 10, 60, 50, 0.9, 15]])).toEqual([{ ...expected, label: "15" }]);
  });

  it.each([
    [[{ class: "cat", confidence: 0.9 }], "cat 90%"],
    [[[1, 2, 3]], "[[1,2,3]]"],
    [[{ bbox: [1, 2, 3] }], '[{"bbox":[1,2,3]}]'],
    [[{ bbox: [1, 2, null, 4] }], '[{"bbox":[1,2,null,4]}]'],
  ])("and not where there is none: %j", (result, text) => {
    expect(parseResult(result)).toEqual({ boxes: [], text });
  });
});
