import { assert, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { bridgeAddresses, finishAnswer } from "../../src/rtc/answer.ts";
import { OfferError, readFragment, readOffer, withoutCandidates } from "../../src/rtc/offer.ts";
import { offer, withoutH264, withoutVideo } from "./offers.ts";

describe("readOffer", () => {
  it("finds the video section, and chooses H.264 in fragments with the profile that is sent", () => {
    expect(readOffer(offer)).toEqual({
      sdp: offer,
      mid: "1",
      payloadType: 108,
      parameters: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
      ufrag: "EsAw",
    });
    expect(readOffer(offer.replaceAll("\r\n", "\n")).payloadType).toBe(108);
  });

  it.each([
    ["fragments of another profile before one packet a picture", /^a=(rtpmap|fmtp):108.*\r\n/gm, 102],
    ["one packet a picture where there is nothing else", /^a=(rtpmap|fmtp):(102|108).*\r\n/gm, 104],
  ])("chooses %s", (_, removed, payloadType) => {
    expect(readOffer(offer.replace(removed, "")).payloadType).toBe(payloadType);
  });

  it.each([
    ["nothing", "", "invalid", "it is no SDP"],
    ["JSON", '{"type":"offer"}', "invalid", "it is no SDP"],
    ["sound alone", withoutVideo, "invalid", "it has no video"],
    ["rejected video", offer.replace("m=video 9", "m=video 0"), "invalid", "it has no video"],
    ["video to be sent", offer.replaceAll("a=recvonly", "a=sendonly"), "invalid", "make it recvonly"],
    ["no encryption", offer.replaceAll(/^a=fingerprint.*\r\n/gm, ""), "invalid", "has no mid, ICE credentials"],
    ["a mid that is no token", offer.replace("a=mid:1", "a=mid:1 2"), "invalid", "has no mid"],
    ["other codecs", withoutH264, "unsupported", "Offer H.264: the offer has VP8, VP9"],
  ] as const)("refuses %s", (_, sdp, kind, message) => {
    expect(() => readOffer(sdp)).toThrow(message);
    expect(() => readOffer(sdp)).toThrow(expect.objectContaining({ kind }));
  });

  it("throws nothing but OfferError, whatever it reads", () => {
    const lines = offer.split("\r\n");
    assert(
      property(string({ unit: "binary", maxLength: 50 }), (text) => {
        for (const at of [0, 8, 21, 30]) {
          try {
            readOffer(lines.with(at, text).join("\r\n"));
          } catch (error) {
            expect(error).toBeInstanceOf(OfferError);
          }
        }
      }),
    );
  });
});

describe("withoutCandidates", () => {
  it("takes the candidates out of an offer, each with its section", () => {
    const lines = ["a=candidate:1 1 udp 9 10.0.0.5 5000 typ host", "a=end-of-candidates"].join("\r\n");
    const full = `${offer}${lines}\r\n`;
    expect(withoutCandidates(full)).toEqual({
      offer,
      candidates: [{ candidate: "candidate:1 1 udp 9 10.0.0.5 5000 typ host", mid: "1" }],
    });
  });
});

describe("readFragment", () => {
  const candidate = "candidate:1 1 udp 2130706431 10.0.0.5 5000 typ host";

  it("gives each candidate with its section", () => {
    const text = `a=ice-ufrag:EsAw\r\na=ice-pwd:x\r\nm=audio 9 x 0\r\na=mid:0\r\na=${candidate}\r\na=mid:1\r\na=${candidate}\r\n`;
    expect(readFragment(text, { ufrag: "EsAw", mid: "1" })).toEqual([
      { candidate, mid: "0" },
      { candidate, mid: "1" },
    ]);
    expect(readFragment(`a=${candidate}`, { ufrag: "EsAw", mid: "1" })).toEqual([{ candidate, mid: "1" }]);
    expect(readFragment("a=mid:0\r\na=end-of-candidates\r\n", { ufrag: "EsAw", mid: "1" })).toEqual([]);
  });

  it("refuses to restart ICE, too many candidates, and what is none", () => {
    const of = { ufrag: "EsAw", mid: "1" };
    expect(() => readFragment("a=ice-ufrag:other\r\n", of)).toThrow("Cannot restart ICE");
    expect(() => readFragment(`a=${candidate}\r\n`.repeat(65), of)).toThrow("More than 64 candidates");
    expect(() => readFragment("hello", of)).toThrow("it has no candidates");
  });
});

describe("finishAnswer", () => {
  const answer = [
    "v=0",
    "m=video 5000 UDP/TLS/RTP/SAVPF 108",
    "a=mid:1",
    "a=sendonly",
    "a=candidate:1 1 UDP 2114977791 10.0.0.7 5000 typ host",
    "a=candidate:2 1 UDP 2114977790 172.17.0.1 5000 typ host",
    "a=candidate:3 1 UDP 2116026111 fd00::2 5000 typ host",
    "a=candidate:4 1 UDP 1677721855 198.51.100.1 6000 typ srflx raddr 0.0.0.0 rport 0",
    "m=audio 5000 UDP/TLS/RTP/SAVPF 111",
    "a=mid:0",
    "a=sendonly",
    "",
  ].join("\r\n");

  it("leaves out bridges, announces hosts at the ports of the machine, and sends no sound", () => {
    const unreachable = bridgeAddresses({
      eth0: [{ address: "10.0.0.7" }],
      docker0: [{ address: "172.17.0.1" }],
      "br-1a2b": undefined,
    });
    const finished = finishAnswer(answer, { mid: "1", hosts: ["203.0.113.7"], unreachable });
    expect(finished.split("\r\n").filter((line) => line.startsWith("a=candidate"))).toEqual([
      "a=candidate:1 1 UDP 2114977791 10.0.0.7 5000 typ host",
      "a=candidate:10 1 UDP 2114976791 203.0.113.7 5000 typ host",
      "a=candidate:20 1 UDP 2114976790 203.0.113.7 5000 typ host",
      "a=candidate:3 1 UDP 2116026111 fd00::2 5000 typ host",
      "a=candidate:4 1 UDP 1677721855 198.51.100.1 6000 typ srflx raddr 0.0.0.0 rport 0",
    ]);
    expect(finished.match(/^a=(sendonly|inactive)/gm)).toEqual(["a=sendonly", "a=inactive"]);
  });
});
