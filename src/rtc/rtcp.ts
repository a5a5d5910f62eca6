/** What a receiver says in a compound packet of RTCP. */
export interface RtcpFeedback {
  /** Requests for a key: PLI (RFC 4585) and FIR (RFC 5104). */
  readonly keys: number;
  /** Packets asked for again (RFC 4585). */
  readonly nacks: number;
  /** Share of packets lost, from 0 to 1, in the last report. */
  readonly loss: number | undefined;
  /** The round trip in milliseconds that the last report allows to compute (RFC 3550, section 6.4.1). */
  readonly rtt: number | undefined;
}

const [receiverReport, transportFeedback, payloadFeedback] = [201, 205, 206];
const [pli, fir, genericNack] = [1, 4, 1];
const ntpEpoch = 2_208_988_800; // seconds from 1900 to 1970
const maxRtt = 60_000; // milliseconds

/** Reads a compound packet of RTCP received `now`, in milliseconds since the epoch. Skips what it does not know. */
export function readRtcp(packet: Uint8Array, now: number): RtcpFeedback {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  let [keys, nacks] = [0, 0];
  let loss: number | undefined;
  let rtt: number | undefined;
  for (let at = 0; at + 8 <= view.byteLength; ) {
    const [count, type] = [view.getUint8(at) & 31, view.getUint8(at + 1)];
    const end = at + 4 * (view.getUint16(at + 2) + 1);
    if (end > view.byteLength) break;
    if (type === payloadFeedback && (count === pli || count === fir)) keys++;
    if (type === transportFeedback && count === genericNack) {
      for (let item = at + 12; item + 4 <= end; item += 4) nacks += 1 + ones(view.getUint16(item + 2));
    }
    if (type === receiverReport && count > 0 && at + 32 <= end) {
      loss = view.getUint8(at + 12) / 256;
      const [lastReport, delay] = [view.getUint32(at + 24), view.getUint32(at + 28)];
      if (lastReport !== 0) rtt = roundTrip(now, lastReport, delay) ?? rtt;
    }
    at = end;
  }
  return { keys, nacks, loss, rtt };
}

/** Returns a compound packet that ends a stream (BYE), behind an empty report, as RFC 3550, section 6.1 wants it. */
export function goodbye(ssrc: number): Uint8Array<ArrayBuffer> {
  const packet = new Uint8Array(16);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x80c90001);
  view.setUint32(4, ssrc);
  view.setUint32(8, 0x81cb0001);
  view.setUint32(12, ssrc);
  return packet;
}

/** Returns a round trip from the middle 32 bits of NTP times: units of 2^-16 s, modulo 2^16 s. */
function roundTrip(now: number, lastReport: number, delay: number): number | undefined {
  const middle = Math.floor((now / 1000 + ntpEpoch) * 65_536) % 2 ** 32;
  const units = (middle - lastReport - delay + 2 ** 33) % 2 ** 32;
  const milliseconds = (units * 1000) / 65_536;
  return milliseconds <= maxRtt ? milliseconds : undefined;
}

function ones(bits: number): number {
  let count = 0;
  for (let rest = bits; rest > 0; rest >>= 1) count += rest & 1;
  return count;
}
