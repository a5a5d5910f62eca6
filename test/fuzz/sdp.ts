import { OfferError, readFragment, readOffer, withoutCandidates } from "../../src/rtc/offer.ts";
import { readRtcp } from "../../src/rtc/rtcp.ts";
import { offer } from "../rtc/offers.ts";
import { garbage, mutate } from "./mutation.ts";
import type { Random } from "./random.ts";
import type { Target, Verdict } from "./target.ts";

/** What a WebRTC peer sends: an offer, a fragment with candidates, or a packet of RTCP. */
interface PeerInput {
  readonly kind: "offer" | "fragment" | "rtcp";
  readonly bytes: Uint8Array;
}

const encoder = new TextEncoder();
const examples: Readonly<Record<PeerInput["kind"], Uint8Array>> = {
  offer: encoder.encode(`${offer}a=candidate:1 1 udp 2130706431 10.0.0.5 5000 typ host\r\n`),
  fragment: encoder.encode("a=ice-ufrag:EsAw\r\na=mid:1\r\na=candidate:1 1 udp 2130706431 ::1 5000 typ host\r\n"),
  rtcp: Uint8Array.from(Buffer.from("81c9000700000001000000024000000300001000000000100000000100000002", "hex")),
};

/** Reads whatever WebRTC peers send, as far as that is not left to the library. */
export const sdp: Target<PeerInput> = {
  name: "WebRTC",
  make(random: Random) {
    const kind = random.pick(["offer", "offer", "fragment", "rtcp"] as const);
    const bytes = random.chance(0.05) ? garbage(random) : mutate(examples[kind], random, examples.offer);
    return { kind, bytes };
  },
  check: async ({ kind, bytes }): Promise<Verdict> => ({ kind, fault: faultOf(kind, bytes) }),
  *shrink({ kind, bytes }) {
    for (let size = bytes.length >> 1; size > 0; size >>= 1) {
      for (let at = 0; at < bytes.length; at += size) {
        yield { kind, bytes: Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + size)]) };
      }
    }
  },
  describe: ({ kind, bytes }) => ({ kind, base64: Buffer.from(bytes).toString("base64") }),
};

function faultOf(kind: PeerInput["kind"], bytes: Uint8Array): string | undefined {
  if (kind === "rtcp") {
    const { keys, nacks, loss = 0, rtt = 0 } = readRtcp(bytes, Date.now());
    const isBounded = keys <= bytes.length && nacks <= 17 * bytes.length && loss <= 1 && rtt >= 0 && rtt <= 60_000;
    return isBounded ? undefined : "counts what cannot be";
  }
  const text = new TextDecoder().decode(bytes);
  try {
    if (kind === "fragment") {
      const candidates = readFragment(text, { ufrag: "EsAw", mid: "1" });
      return candidates.length > 64 ? "gives more candidates than it may" : undefined;
    }
    const { mid, payloadType } = readOffer(text);
    if (!/^\S{1,64}$/.test(mid) || !(payloadType >= 0 && payloadType < 1000)) return "takes an offer that is none";
    const lines = withoutCandidates(text).offer.split(/\r\n|\n|\r/);
    return lines.some((line) => line.startsWith("a=candidate:")) ? "leaves a candidate" : undefined;
  } catch (error) {
    return error instanceof OfferError && error.message !== "" ? undefined : `throws ${error}`;
  }
}
