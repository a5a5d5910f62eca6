import { array, assert, asyncProperty, integer, record, string, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeMessage, MessageParserStream, type WireMessage } from "../../src/rtc/wire.ts";
import { join } from "../media/jpeg-builder.ts";
import { chunked, streamOf } from "../media/parse.ts";

async function parse(chunks: Iterable<Uint8Array>): Promise<WireMessage<unknown>[]> {
  const messages: WireMessage<unknown>[] = [];
  for await (const one of streamOf(chunks).pipeThrough(new MessageParserStream())) messages.push(one);
  return messages;
}

describe("Messages to and from the process for WebRTC", () => {
  it("come back as they were, however the bytes are split", async () => {
    const message = record({ head: record({ type: string() }), data: uint8Array({ maxLength: 300 }) });
    await assert(
      asyncProperty(array(message, { maxLength: 5 }), integer({ min: 1, max: 100 }), async (messages, size) => {
        const bytes = join(...messages.map(({ head, data }) => encodeMessage(head, data)));
        const parsed = await parse(chunked(bytes, size));
        expect(parsed.map(({ head, data }) => ({ head, data: [...data] }))).toEqual(
          messages.map(({ head, data }) => ({ head, data: [...data] })),
        );
      }),
    );
  });

  it.each([
    ["one that is too large", Uint8Array.of(0, 0, 0, 2, 0xff, 0, 0, 0), "more than 16777216 bytes"],
    ["one without JSON", Uint8Array.of(0, 0, 0, 2, 0, 0, 0, 0, 1, 2), "JSON"],
  ])("are refused with %s", async (_, bytes, message) => {
    await expect(parse([bytes])).rejects.toThrow(message);
  });
});
