import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Frame } from "../../../src/media/frame.ts";
import { packFrame, parseMessage } from "../../../src/transport/teecam-v1/message.ts";

describe("parseMessage", () => {
  it.each([
    [
      { type: "subscribe", cameras: ["a", "b", "a"] },
      { type: "subscribe", cameras: ["a", "b"], fps: undefined, ack: false, predictions: false, video: [] },
    ],
    [
      { type: "subscribe", cameras: [], fps: 5, ack: true, predictions: true },
      { type: "subscribe", cameras: [], fps: 5, ack: true, predictions: true, video: [] },
    ],
    [
      { type: "subscribe", cameras: ["a"], fps: { a: 0.5 } },
      { type: "subscribe", cameras: ["a"], fps: { a: 0.5 }, ack: false, predictions: false, video: [] },
    ],
    [
      { type: "subscribe", cameras: ["a"], video: ["avc1", "vp8"] },
      { type: "subscribe", cameras: ["a"], fps: undefined, ack: false, predictions: false, video: ["avc1", "vp8"] },
    ],
    [
      { type: "ack", camera: "a", sequence: 7 },
      { type: "ack", camera: "a", sequence: 7, trip: undefined },
    ],
    [
      { type: "ack", camera: "a", sequence: 7, trip: 12.5 },
      { type: "ack", camera: "a", sequence: 7, trip: 12.5 },
    ],
    [{ type: "ping" }, { type: "ping", id: null }],
  ])("reads %j", (message, meaning) => {
    expect(parseMessage(JSON.stringify(message))).toEqual(meaning);
  });

  it.each([
    ["{", "no JSON"],
    ["[]", "a JSON object"],
    ["null", "a JSON object"],
    ["{}", "Unknown type undefined"],
    ['{"type":"reboot"}', 'Unknown type "reboot": it is subscribe, ack or ping'],
    ['{"type":"subscribe"}', 'Bad "cameras": it is a list of names'],
    ['{"type":"subscribe","cameras":[1]}', 'Bad "cameras"'],
    ['{"type":"subscribe","cameras":[],"fps":0}', 'Bad "fps": it is a number above 0'],
    ['{"type":"subscribe","cameras":[],"fps":{"a":"5"}}', 'Bad "fps"'],
    ['{"type":"subscribe","cameras":[],"ack":1}', 'Bad "ack": it is a boolean'],
    ['{"type":"subscribe","cameras":[],"video":"avc1"}', 'Bad "video": it is a list of at most 16 codecs'],
    ['{"type":"subscribe","cameras":[],"video":[1]}', 'Bad "video"'],
    ['{"type":"ack","camera":"a"}', 'Bad "sequence": it is a number'],
    ['{"type":"ack","camera":"a","sequence":1,"trip":"x"}', 'Bad "trip"'],
    [JSON.stringify({ type: "subscribe", cameras: Array.from({ length: 300 }, (_, n) => `${n}`) }), "at most 256"],
  ])("refuses %s and says why", (text, why) => {
    expect(() => parseMessage(text)).toThrow(why);
    expect(() => parseMessage(text)).toThrow(TypeError);
  });

  it("never throws anything but a TypeError, whatever is said", () => {
    const message = fc.record(
      {
        type: fc.constantFrom("subscribe", "ack", "ping"),
        cameras: fc.jsonValue(),
        fps: fc.jsonValue(),
        ack: fc.jsonValue(),
        sequence: fc.jsonValue(),
      },
      { requiredKeys: ["type"] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          message.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          try {
            parseMessage(text);
          } catch (error) {
            expect(error).toBeInstanceOf(TypeError);
          }
        },
      ),
    );
  });
});

describe("packFrame", () => {
  it("puts a length, JSON and the JPEG together, once a frame", () => {
    const frame: Frame = {
      data: new Uint8Array([1, 2, 3]),
      sequence: 5,
      timestamp: 17,
      arrival: 12.3456,
      width: 4,
      height: 3,
    };
    const message = packFrame("front", frame);
    const length = new DataView(message.buffer).getUint16(0);
    expect(JSON.parse(new TextDecoder().decode(message.subarray(2, 2 + length)))).toEqual({
      camera: "front",
      sequence: 5,
      timestamp: 17,
      clock: 12.346,
      width: 4,
      height: 3,
    });
    expect([...message.subarray(2 + length)]).toEqual([1, 2, 3]);
    expect(packFrame("front", frame)).toBe(message);
  });
});
