import fc from "fast-check";
import { expect, it } from "vitest";

interface Orientation {
  readonly turn: number;
  readonly mirrored: boolean;
}
interface Box {
  readonly xmin: number;
  readonly ymin: number;
  readonly xmax: number;
  readonly ymax: number;
}
interface Size {
  readonly width: number;
  readonly height: number;
}

const { upright, rotated, mirrored, orientBox, orientSize } = (await import(
  new URL("../../public/orientation.js", import.meta.url).href
)) as {
  upright: Orientation;
  rotated(orientation: Orientation): Orientation;
  mirrored(orientation: Orientation): Orientation;
  orientBox(box: Box, size: Size, orientation: Orientation): Box;
  orientSize(size: Size, orientation: Orientation): Size;
};

const size = { width: 640, height: 360 };
const corner = { xmin: 0, ymin: 0, xmax: 40, ymax: 20 }; // the top left one

it.each([
  { turn: 0, mirrored: false, shown: { xmin: 0, ymin: 0, xmax: 40, ymax: 20 } },
  { turn: 90, mirrored: false, shown: { xmin: 340, ymin: 0, xmax: 360, ymax: 40 } },
  { turn: 180, mirrored: false, shown: { xmin: 600, ymin: 340, xmax: 640, ymax: 360 } },
  { turn: 270, mirrored: false, shown: { xmin: 0, ymin: 600, xmax: 20, ymax: 640 } },
  { turn: 0, mirrored: true, shown: { xmin: 600, ymin: 0, xmax: 640, ymax: 20 } },
  { turn: 90, mirrored: true, shown: { xmin: 340, ymin: 600, xmax: 360, ymax: 640 } },
])("A box in the top left corner of a picture turned by $turn, mirrored: $mirrored, is where that corner is", (row) => {
  expect(orientBox(corner, size, row)).toEqual(row.shown);
});

const changes = fc.array(fc.constantFrom(rotated, mirrored), { maxLength: 12 });
const box = fc
  .record({ x: fc.nat(600), y: fc.nat(320), width: fc.nat(40), height: fc.nat(40) })
  .map(({ x, y, width, height }) => ({ xmin: x, ymin: y, xmax: x + width, ymax: y + height }));

it("Each change acts on what is shown: a quarter turn turns it clockwise, and mirroring swaps left and right", () => {
  fc.assert(
    fc.property(changes, box, (all, box) => {
      let orientation = upright;
      let [shown, area]: [Box, Size] = [box, size];
      for (const change of all) {
        orientation = change(orientation);
        const { xmin, ymin, xmax, ymax } = shown;
        if (change === mirrored) shown = { xmin: area.width - xmax, ymin, xmax: area.width - xmin, ymax };
        else {
          shown = { xmin: area.height - ymax, ymin: xmin, xmax: area.height - ymin, ymax: xmax };
          area = { width: area.height, height: area.width };
        }
        expect(orientBox(box, size, orientation)).toEqual(shown);
        expect(orientSize(size, orientation)).toEqual(area);
      }
    }),
  );
});
