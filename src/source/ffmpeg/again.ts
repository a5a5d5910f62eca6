import type { OpenBytes } from "../parse.ts";

/**
 * Returns a function that opens a stream of one run after another, to loop inputs in which ffmpeg cannot seek.
 *
 * Calls `open` again when a run ends without an error. The stream closes after a run without bytes, and errors when a
 * run does.
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
