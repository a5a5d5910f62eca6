/** "MPF" followed by a zero byte. */
const mpfIdentifier = 0x4d504600;
/** Tag of the MP entries in the index, 16 bytes per picture. */
const mpEntryTag = 0xb002;

/**
 * Reads the offsets of the other pictures in a Multi-Picture file from the APP2 segment of its first picture.
 *
 * `payload` is the content of the segment. Returns offsets in bytes relative to the fifth byte of the payload, as the
 * file counts them; an empty array if the segment is not an MP index. The numbers come from the sender: compare them
 * with positions, never allocate by them. Source: CIPA DC-007, 5.2.
 */
export function readMpfOffsets(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.byteLength < 16 || view.getUint32(0) !== mpfIdentifier) return [];
  const tiff = new DataView(payload.buffer, payload.byteOffset + 4, payload.byteLength - 4);
  const littleEndian = tiff.getUint16(0) === 0x4949; // "II"
  const directory = tiff.getUint32(4, littleEndian);
  if (directory + 2 > tiff.byteLength) return [];

  const count = tiff.getUint16(directory, littleEndian);
  for (let field = directory + 2, n = 0; n < count && field + 12 <= tiff.byteLength; field += 12, n++) {
    if (tiff.getUint16(field, littleEndian) !== mpEntryTag) continue;
    const start = tiff.getUint32(field + 8, littleEndian);
    const end = Math.min(start + tiff.getUint32(field + 4, littleEndian), tiff.byteLength);
    const offsets: number[] = [];
    for (let entry = start; entry + 16 <= end; entry += 16) offsets.push(tiff.getUint32(entry + 8, littleEndian));
    return offsets.filter((offset) => offset > 0); // the first picture's own offset is 0
  }
  return [];
}
