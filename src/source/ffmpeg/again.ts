import type { OpenBytes } from "../parse.ts";

/**
 * Joins one run to the next, for what cannot go back to its beginning: `open` is called again whenever its bytes end well.
 *
 * The stream closes when a run ends that had no bytes, and errors as a run does.
 */
export function again(open: OpenBytes): OpenBytes {
  return async (signal) => {
    let reader = (await open(signal)).getReader();
    let isEmpty = true;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          for (;;) {
            const { done, value } = await reader.read();
            if (!done) {
              isEmpty = false;
              return controller.enqueue(value);
            }
            if (isEmpty) return controller.close();
            isEmpty = true;
            reader = (await open(signal)).getReader();
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  };
}
