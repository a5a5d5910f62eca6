import { expect, it } from "vitest";
import { PushProgress } from "../../src/source/push-progress.ts";

it("A push makes progress by pictures, and by bytes at a rate that carries some, up to the largest picture", () => {
  const progress = new PushProgress(20_000);
  expect(progress.last({ frames: 1, bytes: 5000 }, 1000)).toBe(1000);
  expect(progress.last({ frames: 1, bytes: 5001 }, 6000)).toBe(1000); // a byte in 5 s
  expect(progress.last({ frames: 1, bytes: 12_000 }, 7000)).toBe(7000); // 7,000 bytes in 6 s
  expect(progress.last({ frames: 1, bytes: 12_500 }, 8000)).toBe(7000);
  expect(progress.last({ frames: 1, bytes: 26_000 }, 9000)).toBe(7000); // no picture is that large
  expect(progress.last({ frames: 2, bytes: 26_100 }, 9100)).toBe(9100);
});
