import { array, assert, asyncProperty, boolean, integer, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfiguration, toAnnexB } from "../../src/video/avc.ts";
import { type CodedPicture, type FlvParserOptions, FlvParserStream } from "../../src/video/flv.ts";
import { join } from "../media/jpeg-builder.ts";
import { annexB, configuration, flvHead, picture, pps, sps, tag } from "./flv-builder.ts";

const unit = (length: number, fill = 0x65) => new Uint8Array(length).fill(fill);

async function parse(chunks: readonly Uint8Array[], options?: FlvParserOptions): Promise<CodedPicture[]> {
  const pictures: CodedPicture[] = [];
  const bytes = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
  for await (const one of bytes.pipeThrough(new FlvParserStream(options))) pictures.push(one);
  return pictures;
}

describe("FlvParserStream", () => {
  it("gives each picture in Annex B with its time, and a key with its parameter sets before it", async () => {
    const pictures = await parse([
      flvHead,
      tag(18, 0, unit(20)), // onMetaData
      configuration(sps, pps),
      picture(0, true, unit(5), unit(3)),
      tag(8, 20, unit(10)), // sound
      picture(33, false, unit(4, 0x41)),
      picture(0x12345678, false, unit(1, 0x41)),
    ]);
    expect(pictures).toEqual([
      { key: true, codec: "avc1.42c01e", time: 0, data: annexB(sps, pps, unit(5), unit(3)) },
      { key: false, codec: "avc1.42c01e", time: 33, data: annexB(unit(4, 0x41)) },
      { key: false, codec: "avc1.42c01e", time: 0x12345678, data: annexB(unit(1, 0x41)) },
    ]);
  });

  it("gives a picture with its last byte but those of the size behind it", async () => {
    const parser = new FlvParserStream();
    const writer = parser.writable.getWriter();
    const reader = parser.readable.getReader();
    void writer.write(join(flvHead, configuration(sps, pps), picture(7, true, unit(9))));
    expect((await reader.read()).value?.time).toBe(7);
    await reader.cancel();
  });

  it("gives the same pictures however the bytes are split", async () => {
    const input = record({
      key: boolean(),
      units: array(uint8Array({ minLength: 1, maxLength: 40 }), { minLength: 1 }),
    });
    await assert(
      asyncProperty(array(input, { maxLength: 8 }), integer({ min: 1, max: 50 }), async (pictures, size) => {
        const tags = pictures.map(({ key, units }, number) => picture(number, key, ...units));
        const bytes = join(flvHead, configuration(sps, pps), ...tags);
        const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
          bytes.slice(n * size, (n + 1) * size),
        );
        const whole = await parse([bytes]);
        expect(whole.map(({ time }) => time)).toEqual(pictures.map((_, number) => number));
        expect(await parse(pieces)).toEqual(whole);
      }),
    );
  });

  it.each([
    ["what is no FLV", [unit(13)], "it is none"],
    ["a head that never ends", [flvHead.with(5, 0x7f)], "its head has a wrong length"],
    ["another codec", [flvHead, tag(9, 0, Uint8Array.of(0x12, 0, 0, 0, 0))], "its video is not H.264"],
    ["an empty tag of video", [flvHead, tag(9, 0, new Uint8Array())], "its video is not H.264"],
    ["a picture before the parameter sets", [flvHead, picture(0, true, unit(3))], "before the parameter sets"],
    ["a picture of no bytes", [flvHead, configuration(sps, pps), picture(0, true)], "without NAL units"],
    [
      "a NAL unit longer than its picture",
      [flvHead, configuration(sps, pps), tag(9, 0, Uint8Array.of(0x17, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1))],
      "the length of a NAL unit does not fit",
    ],
    [
      "parameter sets cut off",
      [flvHead, tag(9, 0, Uint8Array.of(0x17, 0, 0, 0, 0, 1, 66, 0, 30, 255, 225, 0, 9))],
      "cut",
    ],
    ["large parameter sets", [flvHead, configuration(sps, unit(5000))], "more than 4096 bytes"],
  ])("errors for %s", async (_, chunks, message) => {
    await expect(parse(chunks)).rejects.toThrow(message);
  });

  it("does not wait for a picture that is larger than it may be", async () => {
    const large = tag(9, 0, unit(1001)).subarray(0, 20);
    await expect(parse([flvHead, large], { maxSize: 1000 })).rejects.toThrow("a picture of more than 1000 bytes");
    await expect(parse([flvHead, tag(18, 0, unit(1000))], { maxSize: 1000 })).resolves.toEqual([]);
  });
});

describe("toAnnexB", () => {
  it("changes lengths alone, and throws for those that do not fit", () => {
    assert(
      property(array(uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1 }), (units) => {
        const behindLengths = join(
          ...units.flatMap((one) => [Uint8Array.of(0, 0, one.length >> 8, one.length & 255), one]),
        );
        expect(toAnnexB(behindLengths)).toEqual(annexB(...units));
        expect(() => toAnnexB(behindLengths.subarray(0, -1))).toThrow("does not fit");
      }),
    );
  });
});

describe("parseConfiguration", () => {
  it("reads anything without another error than its own", () => {
    assert(
      property(uint8Array({ maxLength: 60 }), (record) => {
        try {
          parseConfiguration(record);
        } catch (error) {
          expect(String(error)).toMatch(/^TypeError: Cannot read H\.264: /);
        }
      }),
    );
  });
});
