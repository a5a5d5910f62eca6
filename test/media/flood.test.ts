import { expect, test } from "vitest";
import { join, jpeg, jpegOf, sof } from "./jpeg-builder.ts";
import { chunked, parse, parsers, streamOf } from "./parse.ts";

const tiny = jpeg();
const last = jpeg({ frame: sof(8, 8) });

test("of a flood the newest frames come out at the maximum rate, and the others are counted", async () => {
  const maxRate = 100;
  const bytes = join(...new Array<Uint8Array>(5000).fill(tiny), last);
  const begun = performance.now();
  const { data, stats } = await parse(new parsers.FrameParserStream({ maxRate }), chunked(bytes, 65_536));
  const seconds = (performance.now() - begun) / 1000;
  expect(data.at(-1)).toEqual(last);
  expect(stats.frames).toBe(data.length);
  expect(stats.frames).toBeLessThanOrEqual(maxRate * (1 + seconds) + 1);
  expect(stats.dropped).toMatchObject({ flood: 5001 - stats.frames, truncated: 0, malformed: 0 });
  expect(stats.bytes).toBe(stats.framing + stats.skipped + data.reduce((sum, { length }) => sum + length, 0));
});

test("sequences of a flood have no gap", async () => {
  const { frames } = await parse(new parsers.JpegParserStream({ maxRate: 10 }), [
    join(...new Array<Uint8Array>(1000).fill(tiny)),
  ]);
  expect(frames.map(({ sequence }) => sequence)).toEqual(frames.map((_, number) => number));
});

test("what comes in time is all delivered", async () => {
  const { stats } = await parse(new parsers.JpegParserStream({ maxRate: 240 }), [
    join(...new Array<Uint8Array>(200).fill(tiny)),
  ]);
  expect(stats).toMatchObject({ frames: 200, dropped: { flood: 0 } });
});

test.each([0, -1, Number.NaN])("a maxRate of %d is refused", (maxRate) => {
  for (const Stream of Object.values(parsers)) expect(() => new Stream({ maxRate })).toThrow(RangeError);
});

test.each([
  ["tiny JPEGs", join(...new Array<Uint8Array>(500).fill(tiny))],
  ["garbage", new Uint8Array(100_000).map((_, at) => (at % 7) + 0xf9)],
  ["beginnings of JPEGs", join(...new Array<Uint8Array>(5000).fill(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16)))],
  ["ordinary JPEGs", jpegOf(60_000)],
])("a source that always has more %s leaves timers their turns", async (_, chunk) => {
  let isOver = false;
  let turns = 0;
  const turn = () => {
    turns++;
    if (!isOver) setTimeout(turn, 0);
  };
  const begun = performance.now();
  setTimeout(turn, 0);
  const source = (function* () {
    while (turns < 5 && performance.now() - begun < 20_000) yield chunk; // without turns it would end by time alone
  })();
  const reader = streamOf(source).pipeThrough(new parsers.FrameParserStream()).getReader();
  for (let end = false; !end; ) end = (await reader.read()).done;
  isOver = true;
  expect(turns).toBeGreaterThanOrEqual(5);
});
