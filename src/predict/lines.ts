/** What {@link LineStream} is handed. */
export interface LineOptions {
  /** Bytes that a line may have; a longer one is not kept. */
  readonly maxLength: number;
}

/** A line of text without its end, or undefined for one that was too long to be kept. */
export type Line = { readonly text: string | undefined; readonly bytes: number };

/**
 * Bytes in, lines out, at LF; a CR before it is dropped, and a last line without an end is passed on.
 *
 * Bound: one line of `maxLength` bytes; of a longer one only the length is kept.
 */
export class LineStream extends TransformStream<Uint8Array, Line> {
  constructor({ maxLength }: LineOptions) {
    const decoder = new TextDecoder();
    let parts: Uint8Array[] = [];
    let length = 0;
    const add = (part: Uint8Array) => {
      length += part.length;
      if (length > maxLength) parts = [];
      else if (part.length > 0) parts.push(part);
    };
    const end = (controller: TransformStreamDefaultController<Line>) => {
      const text = length > maxLength ? undefined : decoder.decode(join(parts, length)).replace(/\r$/, "");
      controller.enqueue({ text, bytes: length + 1 });
      parts = [];
      length = 0;
    };
    super({
      transform(chunk, controller) {
        let start = 0;
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
          add(chunk.subarray(start, at));
          end(controller);
          start = at + 1;
        }
        add(chunk.subarray(start));
      },
      flush(controller) {
        if (length > 0) end(controller);
      },
    });
  }
}

function join(parts: readonly Uint8Array[], length: number): Uint8Array {
  const [first = new Uint8Array()] = parts;
  if (parts.length < 2) return first;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
