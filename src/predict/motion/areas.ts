import type { Difference } from "./background.ts";

/** An area that differs from the background, in pixels of the scaled-down picture; `right` and `bottom` are exclusive. */
export interface Area {
  left: number;
  top: number;
  right: number;
  bottom: number;
  /** Number of pixels that differ. */
  count: number;
  /** Sum of their differences in brightness. */
  sum: number;
  /** Number of them that changed since the picture before. */
  moving: number;
}

const reach = 2; // maximum distance of two pixels of the same area
const minShare = 0.0005; // minimum size of an area, as a share of the picture
const minMoving = 0.03; // minimum share of moving pixels in an area that moves
const maxAreas = 20;

/**
 * Groups pixels that differ into areas, if they touch or nearly do. Returns up to 20 areas that move, largest first, and
 * all that stand still.
 */
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
