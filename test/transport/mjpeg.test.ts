import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import type { BranchOptions } from "../../src/relay/branch-options.ts";
import { Broadcaster } from "../../src/relay/broadcaster.ts";
import { Sessions } from "../../src/session/sessions.ts";
import { mjpeg } from "../../src/transport/mjpeg.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Counts the parts that a viewer gets in 21 s of a camera with one picture. */
async function partsOf({ isUnchanged, repeatAfter }: { isUnchanged: boolean; repeatAfter?: number }): Promise<number> {
  const data = new TextEncoder().encode("<picture>");
  const frame: Frame = { data, sequence: 0, timestamp: 0, arrival: performance.now(), width: 1, height: 1 };
  const broadcaster = new Broadcaster(
    new ReadableStream<Frame>({
      start: (controller) => controller.enqueue(frame),
    }),
  );
  const tee = <U>(options: BranchOptions<Frame, U>) => broadcaster.tee(options);
  const session = new Sessions().create({ transport: "mjpeg", connection: {} });
  let parts = 0;
  const pictures = {
    tee,
    isUnchanged,
    get newest() {
      return parts > 0 ? frame : undefined;
    },
  };
  const body = mjpeg(pictures, session, { repeatAfter });
  const ended = body.pipeTo(new WritableStream({ write: () => void parts++ })).catch(() => {});
  await vi.advanceTimersByTimeAsync(21_000);
  await broadcaster.close();
  await ended;
  return parts;
}

it("A stream repeats the newest picture every five seconds while its camera is silent", async () => {
  expect(await partsOf({ isUnchanged: false })).toBeGreaterThan(4);
});

it("A stream of a camera that is frozen looks frozen, unless the viewer asks for repetitions", async () => {
  const end = 1; // the close delimiter
  expect(await partsOf({ isUnchanged: true })).toBe(1 + end);
  expect(await partsOf({ isUnchanged: true, repeatAfter: 5000 })).toBeGreaterThan(4);
});
