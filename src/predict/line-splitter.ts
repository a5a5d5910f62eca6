/** What {@link LineSplitterStream} is handed. */
export interface LineOptions {
  /** Bytes that a line may have; a longer one is not kept. */
  readonly maxLength: number;
}

/** A line of text without its end; undefined for a piece of one that was too long to be kept. */
export type Line = { readonly text: string | undefined; readonly bytes: number };

/**
 * Bytes in, lines out, at LF; a CR before it is dropped, and a last line without an end is passed on.
 *
 * Bound: one line of `maxLength` bytes; of a longer one nothing is kept, but its pieces are told of.
 */
export class LineSplitterStream extends TransformStream<Uint8Array, Line> {
  constructor({ maxLength }: LineOptions) {
    const decoder = new TextDecoder();
    let parts: Uint8Array[] = [];
    let length = 0;
    let isTooLong = false;
    const tell = (text: string | undefined, controller: TransformStreamDefaultController<Line>) => {
      if (length > 0) controller.enqueue({ text, bytes: length });
      parts = [];
      length = 0;
    };
    const add = (part: Uint8Array, controller: TransformStreamDefaultController<Line>) => {
      length += part.length;
      if (!isTooLong && part.length > 0) parts.push(part);
      if (length <= maxLength) return;
      isTooLong = true;
      tell(undefined, controller);
    };
    const end = (controller: TransformStreamDefaultController<Line>) => {
      tell(isTooLong ? undefined : decoder.decode(join(parts, length)).replace(/\r$/, ""), controller);
      isTooLong = false;
    };
    super({
      transform(chunk, controller) {
        let start = 0;
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, start)) {
          add(chunk.subarray(start, at), controller);
          end(controller);
          start = at + 1;
        }
        add(chunk.subarray(start), controller);
      },
      flush(controller) {
        end(controller);
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
