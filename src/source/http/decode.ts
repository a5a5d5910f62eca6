const sliceSize = 256; // bytes: they decompress to a thousand times as many at most, before the next slice is written

/**
 * Decompresses a body, as some servers compress unasked: gzip, zlib and raw deflate.
 *
 * The bytes decide, as `Content-Encoding` is only a hint: a body that is not compressed is returned unchanged.
 */
export function decodeBody(body: ReadableStream<Uint8Array>, encoding = "identity"): ReadableStream<Uint8Array> {
  const name = encoding.trim().toLowerCase();
  if (name === "identity" || name === "") return body;
  const compressed = body.getReader();
  let plain: Plain | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        plain ??= await start(compressed, name);
        const { done, value } = await plain.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        await Promise.all([compressed.cancel(reason), plain?.cancel(reason)].map((end) => end?.catch(() => {})));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Reader of a body that is not compressed. */
type Plain = Pick<ReadableStreamDefaultReader<Uint8Array>, "read" | "cancel">;

/** Waits for the first two bytes, which tell the format. */
async function start(body: ReadableStreamDefaultReader<Uint8Array>, name: string): Promise<Plain> {
  const first: Uint8Array[] = [];
  let bytes: Uint8Array = new Uint8Array();
  while (bytes.length < 2) {
    const { done, value } = await body.read();
    if (done) break;
    first.push(value);
    bytes = value.length >= 2 || first.length === 1 ? value : new Uint8Array(first.flatMap((chunk) => [...chunk]));
  }
  const rest: Plain = {
    async read() {
      const value = first.shift();
      return value ? { done: false, value } : await body.read();
    },
    cancel: (reason) => body.cancel(reason),
  };
  const format = formatOf(bytes, name);
  if (!format) return rest;
  const { readable, writable } = new DecompressionStream(format);
  pump(rest, writable).catch(() => {}); // the reader gets the error
  return readable.getReader();
}

/** Returns the format of compressed bytes; undefined for bytes that are not compressed. Sources: RFC 1950 and 1952. */
function formatOf([first = 0, second]: Uint8Array, name: string): "gzip" | "deflate" | "deflate-raw" | undefined {
  if (second === undefined) return undefined;
  if (first === 0x1f && second === 0x8b) return "gzip";
  if ((first & 15) === 8 && ((first << 8) | second) % 31 === 0) return "deflate";
  const isPlain = first === 0xff || first === 0x2d || first === 0x0d || first === 0x0a; // a JPEG, or the line of a boundary
  return name === "deflate" && !isPlain ? "deflate-raw" : undefined;
}

/** Writes slice by slice, each when the previous one has been read; `pipeTo` would write whole chunks at once. */
async function pump(compressed: Plain, writable: WritableStream<unknown>): Promise<void> {
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await compressed.read();
      if (done) return await writer.close();
      for (let at = 0; at < value.length; at += sliceSize) await writer.write(value.slice(at, at + sliceSize));
    }
  } catch (error) {
    await Promise.all([writer.abort(error), compressed.cancel(error)]);
  }
}
