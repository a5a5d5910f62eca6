import type { Frame } from "../media/frame.ts";

/** Changes to each picture of a camera, in this order. */
export interface EditOptions {
  /** The part that is kept, as `WIDTHxHEIGHT+LEFT+TOP` in pixels. @default all of it */
  readonly crop?: string | undefined;
  /** Degrees by which it is turned clockwise: 90, 180 or 270. @default 0 */
  readonly rotate?: number | undefined;
  /** Mirrors it: `horizontal` or `vertical`. @default neither */
  readonly flip?: "horizontal" | "vertical" | undefined;
  /** The size that it is brought to: `640x480`, or `640x` and `x480` to keep its shape. @default as it is */
  readonly resize?: string | undefined;
  /** A text written over it; `clock` is the time of the picture. @default none */
  readonly overlay?: string | undefined;
}

/** Makes another frame of a frame; rejects for one that cannot be decoded. */
export type EditFrame = (frame: Frame) => Promise<Frame>;

/** Pattern of a `crop`. */
export const cropPattern: RegExp = /^([1-9]\d{0,4})x([1-9]\d{0,4})\+(\d{1,5})\+(\d{1,5})$/;

/** Pattern of a `resize`. */
export const resizePattern: RegExp = /^(?=.*\d)([1-9]\d{0,4})?x([1-9]\d{0,4})?$/;

/** Tells whether anything is asked for. */
export function editsFrames({ crop, rotate = 0, flip, resize, overlay }: EditOptions): boolean {
  return rotate !== 0 || [crop, flip, resize, overlay].some((option) => option !== undefined && option !== "");
}

/** Options for {@link editFrames}. */
export interface EditFramesOptions {
  /** Called with the reason why a frame could not be changed; it is left out. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Changes each frame of a stream. While one is being changed the newest of those that come waits; the others are left out.
 *
 * The caller owns the stream. It ends and is cancelled as `frames`, which is read at its own pace. Bound: two frames.
 */
export function editFrames(
  frames: ReadableStream<Frame>,
  edit: EditFrame,
  { onError }: EditFramesOptions = {},
): ReadableStream<Frame> {
  const reader = frames.getReader();
  let newest: Frame | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};
  const read = async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        newest = value;
        wake();
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    wake();
  };
  void read();
  return new ReadableStream<Frame>(
    {
      async pull(controller) {
        for (;;) {
          const frame = newest;
          newest = undefined;
          if (frame) {
            const edited = await edit(frame).catch((error) => {
              onError?.(error);
              return undefined;
            });
            if (edited) return controller.enqueue(edited);
          } else if (end) {
            if ("error" in end) throw end.error;
            return controller.close();
          } else {
            await new Promise<void>((resolve) => {
              wake = resolve;
            });
          }
        }
      },
      async cancel(reason) {
        end = {};
        wake();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
