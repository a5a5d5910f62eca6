/** A JPEG in the window, from the position of its SOI to the position after its last byte. */
export interface Picture {
  readonly kind: "picture";
  readonly start: number;
  readonly end: number;
  /** Position at which to insert the standard Huffman tables, if the JPEG has none. */
  readonly tablesAt?: number | undefined;
  /** True if the JPEG ends without an EOI, which is to be added. @default false */
  readonly isOpen?: boolean | undefined;
  readonly width: number;
  readonly height: number;
  /** True if this is one field of an interlaced frame, with half of its lines. @default false */
  readonly isField?: boolean | undefined;
}
