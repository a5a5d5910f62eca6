import sharp from "sharp";
import { expect, it } from "vitest";
import type { Frame } from "../../src/media/frame.ts";
import { TooManyThumbnailsError, thumbnail } from "../../src/transport/thumbnail.ts";

/** A frame of this size. */
async function frame(width: number, height: number): Promise<Frame> {
  const background = { r: 200, g: 40, b: 40 };
  const made = await sharp({ create: { width, height, channels: 3, background } })
    .jpeg()
    .toBuffer();
  return { data: new Uint8Array(made), sequence: 0, timestamp: 0, arrival: 0, width, height };
}

it("A thumbnail has the width that is asked for, and is made once", async () => {
  const picture = await frame(640, 480);
  const [first, second] = await Promise.all([thumbnail(picture, 320), thumbnail(picture, 320)]);
  expect(second).toBe(first);
  expect(await sharp(first).metadata()).toMatchObject({ format: "jpeg", width: 320, height: 240 });
});

it("A picture that is no wider is returned as it is", async () => {
  const picture = await frame(160, 120);
  expect(await thumbnail(picture, 160)).toBe(picture.data);
  expect(await thumbnail(picture, 4000)).toBe(picture.data);
});

it("Too many at once are refused, and made again later", async () => {
  const picture = await frame(640, 480);
  const wanted = Array.from({ length: 40 }, (_, n) => thumbnail(picture, 100 + n));
  const results = await Promise.allSettled(wanted);
  const refused = results.filter((one) => one.status === "rejected");
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.every((one) => one.reason instanceof TooManyThumbnailsError)).toBe(true);
  expect((await thumbnail(picture, 200)).length).toBeGreaterThan(100);
});

it("A picture that cannot be decoded is an error, and the next one is made", async () => {
  const broken = { ...(await frame(640, 480)), data: new Uint8Array([0xff, 0xd8, 0xff, 0xd9]) };
  await expect(thumbnail(broken, 100)).rejects.toThrow();
  expect((await thumbnail(await frame(640, 480), 100)).length).toBeGreaterThan(100);
});
