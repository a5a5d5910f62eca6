// ITU T.81, tables K.3 to K.6, in the form of a DHT segment (B.2.4.2): class and destination, sixteen counts, the values.
const luminanceDc = "00 00010501010101010100000000000000 000102030405060708090a0b";
const luminanceAc =
  "10 0002010303020403050504040000017d 01020300041105122131410613516107227114328191a1082342b1c11552d1f024336272" +
  "82090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485" +
  "868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6" +
  "e7e8e9eaf1f2f3f4f5f6f7f8f9fa";
const chrominanceDc = "01 00030101010101010101010000000000 000102030405060708090a0b";
const chrominanceAc =
  "11 00020102040403040705040400010277 0001020311040521310612415107617113223281081442" +
  "91a1b1c109233352f0156272d10a162434e125f11718191a262728292a35363738393a434445464748494a535455565758595a6364656667" +
  "68696a737475767778797a82838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9ca" +
  "d2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa";

/**
 * DHT segment with the four typical Huffman tables: 420 bytes, including marker and length.
 *
 * Motion JPEG cameras (AVI1) omit the tables because every Motion JPEG decoder has them; browsers do not. Insert the
 * segment before the first SOS. Shared: do not change it. Source: ITU T.81, Annex K.3.3.
 */
export const standardTables: Uint8Array<ArrayBuffer> = Uint8Array.from(
  ["ffc401a2", luminanceDc, luminanceAc, chrominanceDc, chrominanceAc].join("").match(/[0-9a-f]{2}/g) ?? [],
  (byte) => Number.parseInt(byte, 16),
);
