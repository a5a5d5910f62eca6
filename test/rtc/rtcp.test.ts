import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { KeyLimiter } from "../../src/rtc/key-limiter.ts";
import { readRtcp } from "../../src/rtc/rtcp.ts";

const bytes = (hexadecimal: string) => Uint8Array.from(Buffer.from(hexadecimal.replaceAll(" ", ""), "hex"));
const pli = bytes("81ce0002 00000001 0000002a");
const fir = bytes("84ce0004 00000001 00000000 0000002a 01000000");
const nack = bytes("81cd0003 00000001 0000002a 00640003"); // 100, 101 and 102
const report = (lastReport: string, delay: string) =>
  bytes(`81c90007 00000001 0000002a 40000003 00001000 00000010 ${lastReport} ${delay}`);
const join = (...packets: Uint8Array[]) => Uint8Array.from(packets.flatMap((packet) => [...packet]));

describe("readRtcp", () => {
  it("counts requests for keys and for packets, and reads loss and round trip, in a compound packet", () => {
    const now = 1_700_000_000_000;
    const ntp = (now / 1000 + 2_208_988_800) % 65_536; // seconds
    const hex = (units: number) => Math.round(units).toString(16).padStart(8, "0");
    const reported = report(hex((ntp - 0.15) * 65_536), hex(0.1 * 65_536));
    const all = readRtcp(join(reported, pli, fir, nack), now);
    expect(all).toMatchObject({ keys: 2, nacks: 3, loss: 0.25 });
    expect(all.rtt).toBeCloseTo(50, 0);
  });

  it("knows no round trip before the first report of the sender, nor an impossible one", () => {
    expect(readRtcp(report("00000000", "00000000"), Date.now()).rtt).toBeUndefined();
    expect(readRtcp(report("00000001", "ffffffff"), 1_700_000_000_000).rtt ?? 0).toBeLessThanOrEqual(60_000);
  });

  it("reads anything", () => {
    assert(property(uint8Array({ maxLength: 80 }), (packet) => void readRtcp(packet, Date.now())));
    for (let length = 0; length < pli.length; length++) expect(readRtcp(pli.subarray(0, length), 0).keys).toBe(0);
  });
});

describe("KeyLimiter", () => {
  it("follows one request a second, and none of who asks more often for 10 s, until that is over", () => {
    const limiter = new KeyLimiter();
    for (let n = 0; n < 30; n++) expect(limiter.allows(n * 1001)).toBe(true);
    const flood = Array.from({ length: 200 }, (_, n) => limiter.allows(40_000 + n * 100));
    expect(flood.filter(Boolean).length).toBe(10);
    expect(limiter.allows(75_000)).toBe(true);
  });
});
