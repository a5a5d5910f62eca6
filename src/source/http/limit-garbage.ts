/** Options for {@link limitGarbage}. */
export interface LimitGarbageOptions {
  /** Maximum bytes without a picture. */
  readonly limit: number;
  /** Returns the number of pictures found in the body so far. */
  readonly pictures: () => number;
}

/** Passes a body through, and errors when more than `limit` bytes have arrived since its last picture. */
export function limitGarbage(
  body: ReadableStream<Uint8Array>,
  { limit, pictures }: LimitGarbageOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let found = pictures();
  let garbage = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return controller.close();
        if (pictures() !== found) garbage = 0;
        found = pictures();
        garbage += value.length;
        if (garbage <= limit) return controller.enqueue(value);
        const error = new Error(`${Math.round(garbage / 1e6)} MB arrived without a picture`);
        await reader.cancel(error);
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
