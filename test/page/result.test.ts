import { describe, expect, it } from "vitest";

interface Box {
  readonly label: string;
  readonly score: number | null;
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}

const { parseResult } = (await import(new URL("../../public/result.js", import.meta.url).href)) as {
  parseResult: (result: unknown) => { readonly boxes: readonly Box[]; readonly text: string | null };
};

const box = { xmin: 1, ymin: 2, xmax: 30, ymax: 40 };
const cat = { label: "cat", score: 0.9, box };
const known = { label: "cat", score: 0.9, ...box };

describe("A predictor's result on the page", () => {
  it.each([
    ["a detector's list", [cat], [known]],
    ["a list in an object", { boxes: [cat, cat] }, [known, known]],
    ["a list in an object by another name", { model: "m", detections: [cat] }, [known]],
    ["one detection alone", cat, [known]],
    ["a box without label and score", [{ box }], [{ ...known, label: "", score: null }]],
    ["boxes among other things", [cat, null, 7, { label: "dog" }], [known]],
    ["invalid boxes", [cat, { box: { ...box, xmin: "1" } }, { box: { ...box, xmax: 0 } }], [known]],
    ["nothing found", [], []],
    ["nothing found in an object", { boxes: [] }, []],
    ["more boxes than are shown", Array(1000).fill(cat), Array(100).fill(known)],
  ])("has boxes: %s", (_, result, boxes) => {
    expect(parseResult(result)).toEqual({ boxes, text: null });
  });

  it.each([
    [
      "a classifier's list",
      [
        { label: "kitchen", score: 0.914 },
        { label: "office", score: 0.05 },
      ],
      "kitchen 91%, office 5%",
    ],
    ["one label", { label: "kitchen" }, "kitchen"],
    ["a number", 7, "7"],
    ["a text of two lines", "a\n  b", "a b"],
    ["an object", { people: 3, door: { open: true } }, '{"people":3,"door":{"open":true}}'],
    ["a list of boxes that is not a list", { boxes: "none" }, '{"boxes":"none"}'],
    ["a list of numbers", [1, 2], "[1,2]"],
    ["a long text", "x".repeat(1000), `${"x".repeat(59)}…`],
    ["nothing", null, null],
  ])("is text: %s", (_, result, text) => {
    expect(parseResult(result)).toEqual({ boxes: [], text });
  });
});
