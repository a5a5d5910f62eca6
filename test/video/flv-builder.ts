import { join } from "../media/jpeg-builder.ts";

/** Parameter sets as an encoder writes them, shortened; they are not decoded. */
export const sps: Uint8Array = Uint8Array.of(0x67, 0x42, 0xc0, 0x1e, 0xda);
export const pps: Uint8Array = Uint8Array.of(0x68, 0xce, 0x3c, 0x80);

/** The head of an FLV file, with the size of the tag before the first one. */
export const flvHead: Uint8Array = Uint8Array.of(0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0);

/** A tag of FLV: a script (18), sound (8) or video (9). */
export function tag(type: number, time: number, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const size = bytes24(data.length);
  const head = Uint8Array.of(type, ...size, ...bytes24(time), (time >>> 24) & 255, 0, 0, 0);
  return join(head, data, Uint8Array.of(0, ...bytes24(11 + data.length)));
}

/** The tag of an AVCDecoderConfigurationRecord. */
export function configuration(...sets: readonly [sps: Uint8Array, pps: Uint8Array]): Uint8Array<ArrayBuffer> {
  const [first, second] = sets;
  const record = join(
    Uint8Array.of(1, first[1] ?? 0, first[2] ?? 0, first[3] ?? 0, 0xff, 0xe1, ...bytes16(first.length)),
    first,
    Uint8Array.of(1, ...bytes16(second.length)),
    second,
  );
  return tag(9, 0, join(Uint8Array.of(0x17, 0, 0, 0, 0), record));
}

/** The tag of a picture. */
export function picture(time: number, key: boolean, ...units: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const behindLengths = units.map((unit) => join(Uint8Array.of(0, ...bytes24(unit.length)), unit));
  return tag(9, time, join(Uint8Array.of(key ? 0x17 : 0x27, 1, 0, 0, 0), ...behindLengths));
}

/** A NAL unit in Annex B. */
export function annexB(...units: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return join(...units.flatMap((unit) => [Uint8Array.of(0, 0, 0, 1), unit]));
}

const bytes16 = (value: number) => [(value >> 8) & 255, value & 255];
const bytes24 = (value: number) => [(value >> 16) & 255, (value >> 8) & 255, value & 255];
