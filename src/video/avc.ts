/** The parameter sets of a stream of H.264, and its codec. */
export interface AvcConfiguration {
  /** `avc1.PPCCLL`: profile, constraints and level in hexadecimal (RFC 6381, section 3.3). */
  readonly codec: string;
  /** The parameter sets in Annex B. */
  readonly parameterSets: Uint8Array<ArrayBuffer>;
}

const startCode = [0, 0, 0, 1];
const maxParameterSets = 4096; // bytes; encoders write about 40

/**
 * Parses an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, section 5.3.3.1) whose NAL units have lengths of 32 bits.
 *
 * Throws a `TypeError` for anything else.
 */
export function parseConfiguration(record: Uint8Array): AvcConfiguration {
  const [version, profile = 0, constraints = 0, level = 0, lengthSize = 0] = record;
  if (version !== 1 || record.length < 7) throw invalid("no configuration of a decoder");
  if ((lengthSize & 3) !== 3) throw invalid("lengths of NAL units do not have 32 bits");
  if (record.length > maxParameterSets) throw invalid(`parameter sets of more than ${maxParameterSets} bytes`);
  const sets: number[] = [];
  let at = 5;
  for (const mask of [31, 255]) {
    for (let left = (record[at++] ?? 0) & mask; left > 0; left--) {
      const length = ((record[at] ?? 0) << 8) | (record[at + 1] ?? 0);
      const end = at + 2 + length;
      if (length === 0 || end > record.length) throw invalid("a parameter set is cut off");
      sets.push(...startCode, ...record.subarray(at + 2, end));
      at = end;
    }
  }
  if (sets.length === 0) throw invalid("no parameter sets");
  const hexadecimal = [profile, constraints, level].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { codec: `avc1.${hexadecimal}`, parameterSets: Uint8Array.from(sets) };
}

/**
 * Converts NAL units behind 32-bit lengths to Annex B, behind `parameterSets` if there are any. Copies.
 *
 * Throws a `TypeError` if the lengths do not fit.
 */
export function toAnnexB(units: Uint8Array, parameterSets: Uint8Array = new Uint8Array()): Uint8Array<ArrayBuffer> {
  const data = new Uint8Array(parameterSets.length + units.length);
  data.set(parameterSets);
  data.set(units, parameterSets.length);
  const view = new DataView(data.buffer);
  let at = parameterSets.length;
  if (units.length === 0) throw invalid("a picture without NAL units");
  while (at < data.length) {
    const length = at + 4 > data.length ? 0 : view.getUint32(at);
    if (length === 0 || at + 4 + length > data.length) throw invalid("the length of a NAL unit does not fit");
    view.setUint32(at, 1);
    at += 4 + length;
  }
  return data;
}

function invalid(why: string): TypeError {
  return new TypeError(`Cannot read H.264: ${why}`);
}
