import type { Difference } from "./background.ts";

/** An area that changed, in pixels of the small picture; `right` and `bottom` are the first that are outside. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Pixels that differ, and the sum of how much. */
  count: number;
  sum: number;
  moving: number;
}

const reach = 2; // pixels between which two belong together
const minShare = 0.0005; // of the picture
const minMoving = 0.03; // of an area's pixels
const maxAreas = 20;

/** Finds the areas that differ, pixels that touch or nearly do: those that move, the largest first, and those that stand still. */
export function findAreas({ amounts, moving }: Difference, width: number): { moving: Area[]; still: Area[] } {
  const height = amounts.length / width;
  const seen = new Uint8Array(amounts.length);
  const areas: Area[] = [];
  const still: Area[] = [];
  for (let start = 0; start < amounts.length; start++) {
    if (!amounts[start] || seen[start]) continue;
    const area: Area = { left: width, top: height, right: 0, bottom: 0, count: 0, sum: 0, moving: 0 };
    const pending = [start];
    seen[start] = 1;
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      const [x, y] = [at % width, Math.floor(at / width)];
      area.left = Math.min(area.left, x);
      area.top = Math.min(area.top, y);
      area.right = Math.max(area.right, x + 1);
      area.bottom = Math.max(area.bottom, y + 1);
      area.count++;
      area.sum += amounts[at] ?? 0;
      area.moving += moving[at] ?? 0;
      for (let ny = Math.max(0, y - reach); ny <= Math.min(height - 1, y + reach); ny++) {
        for (let nx = Math.max(0, x - reach); nx <= Math.min(width - 1, x + reach); nx++) {
          const next = ny * width + nx;
          if (!amounts[next] || seen[next]) continue;
          seen[next] = 1;
          pending.push(next);
        }
      }
    }
    if (area.moving < area.count * minMoving) still.push(area);
    else if (area.count >= Math.max(4, amounts.length * minShare)) areas.push(area);
  }
  return { moving: areas.sort((a, b) => b.count - a.count).slice(0, maxAreas), still };
}
