const formats = new Map<string, "gzip" | "deflate">([
  ["gzip", "gzip"],
  ["x-gzip", "gzip"],
  ["deflate", "deflate"],
]);
const sliceSize = 1024; // bytes: zipped bytes become a thousand times as many at most, and each slice waits for its reader

/** Unzips a body whose server zips although it was asked not to. Throws for a coding that is not known. */
export function decodeBody(body: ReadableStream<Uint8Array>, encoding = "identity"): ReadableStream<Uint8Array> {
  const name = encoding.toLowerCase();
  if (name === "identity" || name === "") return body;
  const format = formats.get(name);
  if (!format)
    throw new Error(`its answer is encoded by ${JSON.stringify(name.slice(0, 40))}, which teecam cannot read`);
  const slices = new TransformStream<Uint8Array, Uint8Array<ArrayBuffer>>(
    {
      transform(bytes, controller) {
        for (let at = 0; at < bytes.length; at += sliceSize) controller.enqueue(bytes.slice(at, at + sliceSize));
      },
    },
    undefined,
    { highWaterMark: 0 },
  );
  return body.pipeThrough(slices).pipeThrough(new DecompressionStream(format));
}
