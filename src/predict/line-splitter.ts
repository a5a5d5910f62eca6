const lineFeed = 10;

/** Options for {@link LineSplitterStream}. */
export interface LineOptions {
  /** Maximum bytes of a line; the text of a longer one is discarded. */
  readonly maxLength: number;
}

/** A line without its line end, and its length. `text` is undefined for each piece of a line that is too long. */
export type Line = { readonly text: string | undefined; readonly bytes: number };

/**
 * Splits bytes into lines at LF. Removes a CR before it, and enqueues a last line without a line end.
 *
 * Holds at most one line of `maxLength` bytes; a longer line is discarded, and only the lengths of its pieces enqueued.
 */
export class LineSplitterStream extends TransformStream<Uint8Array, Line> {
  constructor({ maxLength }: LineOptions) {
    const decoder = new TextDecoder();
    let parts: Uint8Array[] = [];
    let length = 0;
    let isTooLong = false;
    const emit = (text: string | undefined, controller: TransformStreamDefaultController<Line>) => {
      if (length > 0) controller.enqueue({ text, bytes: length });
      parts = [];
      length = 0;
    };
    const add = (part: Uint8Array, controller: TransformStreamDefaultController<Line>) => {
      length += part.length;
      if (!isTooLong && part.length > 0) parts.push(part);
      if (length <= maxLength) return;
      isTooLong = true;
      emit(undefined, controller);
    };
    const end = (controller: TransformStreamDefaultController<Line>) => {
      emit(isTooLong ? undefined : decoder.decode(join(parts, length)).replace(/\r$/, ""), controller);
      isTooLong = false;
    };
    super({
      transform(chunk, controller) {
        let start = 0;
        for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, start)) {
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
