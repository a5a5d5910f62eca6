import { describe, expect, it } from "vitest";

interface Layout {
  readonly columns: number;
  readonly tileWidth: number;
  readonly narrow: boolean;
}

const { layOut } = (await import(new URL("../../public/layout.js", import.meta.url).href)) as {
  layOut(options: Readonly<Record<string, number | boolean>>): Layout;
};

const at = (count: number, width: number, height: number, options = {}) =>
  layOut({ count, width, height, ratio: 16 / 9, gap: 16, rem: 16, hasPredictor: false, ...options });

describe("The layout of the grid", () => {
  it.each([
    [1, 1248, 720, 1],
    [2, 1248, 720, 2],
    [4, 1248, 720, 2],
    [9, 1888, 1000, 3],
    [12, 1248, 720, 4],
    [30, 1888, 1000, 6],
    [2, 736, 950, 1],
    [4, 736, 950, 2],
  ])("has for %d cameras on %d x %d pixels %d columns", (count, width, height, columns) => {
    expect(at(count, width, height).columns).toBe(columns);
  });

  it.each([1, 2, 3, 4, 5, 6, 9])("fits all of %d cameras into a window", (count) => {
    const { columns, tileWidth, narrow } = at(count, 1248, 720);
    const rows = Math.ceil(count / columns);
    const caption = (narrow ? 3 : 2.25) * 16;
    expect(rows * ((tileWidth * 9) / 16 + caption) + (rows - 1) * 16).toBeLessThanOrEqual(720);
    expect(columns * tileWidth + (columns - 1) * 16).toBeLessThanOrEqual(1248);
  });

  it("scrolls rather than to make tiles smaller than 15 rem, and uses the whole width then", () => {
    expect(at(100, 1248, 720)).toEqual({ columns: 4, tileWidth: 300, narrow: true });
    expect(at(100, 1248, 720, { rem: 32 })).toEqual({ columns: 2, tileWidth: 616, narrow: true });
  });

  it("has one column as wide as a phone", () => {
    expect(at(4, 366, 780)).toEqual({ columns: 1, tileWidth: 366, narrow: true });
    expect(at(1, 366, 780)).toEqual({ columns: 1, tileWidth: 366, narrow: true });
  });

  it("is not upset by an empty grid or a window without a height", () => {
    expect(at(0, 1248, 720).columns).toBe(1);
    expect(at(4, 1248, 0)).toMatchObject({ columns: 4, tileWidth: 300 });
  });
});
