/** "MPF" and a zero byte. */
const mpfIdentifier = 0x4d504600;
/** The MPEntry tag of the index: sixteen bytes for each picture. */
const mpEntryTag = 0xb002;

/**
 * Tells where the further pictures of a Multi-Picture file begin, from the APP2 segment of its first picture.
 *
 * Takes the segment's payload; returns offsets in bytes from the payload's fifth byte, as the file counts them, and none
 * when this is no index. The figures are the sender's: use them to recognise, never to allocate. Source: CIPA DC-007,
 * 5.2.
 */
export function readMpfOffsets(payload: Uint8Array): number[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  if (view.byteLength < 16 || view.getUint32(0) !== mpfIdentifier) return [];
  const tiff = new DataView(payload.buffer, payload.byteOffset + 4, payload.byteLength - 4);
  const little = tiff.getUint16(0) === 0x4949; // "II"
  const directory = tiff.getUint32(4, little);
  if (directory + 2 > tiff.byteLength) return [];

  const count = tiff.getUint16(directory, little);
  for (let field = directory + 2, n = 0; n < count && field + 12 <= tiff.byteLength; field += 12, n++) {
    if (tiff.getUint16(field, little) !== mpEntryTag) continue;
    const start = tiff.getUint32(field + 8, little);
    const end = Math.min(start + tiff.getUint32(field + 4, little), tiff.byteLength);
    const offsets: number[] = [];
    for (let entry = start; entry + 16 <= end; entry += 16) offsets.push(tiff.getUint32(entry + 8, little));
    return offsets.filter((offset) => offset > 0); // the first picture's own offset is 0
  }
  return [];
}
