const formats = new Map<string, "gzip" | "deflate">([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);
const sliceSize = 256; // bytes: they decompress to a thousand times as many at most, before the next slice is written

/** Decompresses a body, as some servers compress unasked. Throws for an unknown content coding. */
export function decodeBody(body: ReadableStream<Uint8Array>, encoding = "identity"): ReadableStream<Uint8Array> {
  const name = encoding.toLowerCase();
  if (name === "identity" || name === "") return body;
  const format = formats.get(name);
  if (!format)
    throw new Error(`cannot decode the response: unknown content encoding ${JSON.stringify(name.slice(0, 40))}`);
  const { readable, writable } = new DecompressionStream(format);
  const zipped = body.getReader();
  const plain = readable.getReader();
  pump(zipped, writable).catch(() => {}); // the reader gets the error
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await plain.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        await Promise.all([zipped.cancel(reason), plain.cancel(reason)].map((end) => end.catch(() => {})));
      },
    },
    { highWaterMark: 0 },
  );
}

/** Writes slice by slice, each when the previous one has been read; `pipeTo` would write whole chunks at once. */
async function pump(zipped: ReadableStreamDefaultReader<Uint8Array>, writable: WritableStream<unknown>): Promise<void> {
  const writer = writable.getWriter();
  writer.closed.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await zipped.read();
      if (done) return await writer.close();
      for (let at = 0; at < value.length; at += sliceSize) await writer.write(value.slice(at, at + sliceSize));
    }
  } catch (error) {
    await Promise.all([writer.abort(error), zipped.cancel(error)]);
  }
}
