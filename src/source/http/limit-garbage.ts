/** Options for {@link limitGarbage}. */
export interface LimitGarbageOptions {
  /** Bytes without a picture. */
  readonly limit: number;
  /** Returns how many pictures have been found in it. */
  readonly pictures: () => number;
}

/** Passes a body on, and errors when very much of it has come since its last picture: reading that costs others their time. */
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
        const error = new Error(`${Math.round(garbage / 1e6)} MB came without a picture`);
        await reader.cancel(error);
        throw error;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
