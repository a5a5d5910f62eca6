import type { Frame } from "../media/frame.ts";

/** Edits to each picture of a camera, applied in this order. */
export interface EditOptions {
  /** Region to keep, as `WIDTHxHEIGHT+LEFT+TOP` in pixels. @default the whole picture */
  readonly crop?: string | undefined;
  /** Clockwise rotation in degrees: 0, 90, 180 or 270. @default 0 */
  readonly rotate?: number | undefined;
  /** Mirrors the picture: `horizontal` or `vertical`. @default not mirrored */
  readonly flip?: "horizontal" | "vertical" | undefined;
  /** New size in pixels: `640x480`, or `640x` or `x480` to keep the aspect ratio. @default unchanged */
  readonly resize?: string | undefined;
  /** Text to draw over the picture; `clock` draws its time. @default none */
  readonly overlay?: string | undefined;
}

/** Returns an edited copy of a frame. Rejects for a frame that cannot be decoded. */
export type EditFrame = (frame: Frame) => Promise<Frame>;

/** Matches a valid `crop`; captures width, height, left and top. */
export const cropPattern: RegExp = /^([1-9]\d{0,4})x([1-9]\d{0,4})\+(\d{1,5})\+(\d{1,5})$/;

/** Matches a valid `resize`; captures width and height. */
export const resizePattern: RegExp = /^(?=.*\d)([1-9]\d{0,4})?x([1-9]\d{0,4})?$/;

/** Tells whether the options change pictures at all. */
export function editsFrames({ crop, rotate = 0, flip, resize, overlay }: EditOptions): boolean {
  return rotate !== 0 || [crop, flip, resize, overlay].some((option) => option !== undefined && option !== "");
}

/** Options for {@link editFrames}. */
export interface EditFramesOptions {
  /** Called with the error of a frame that could not be edited, which is dropped. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Tells which frames are edited; called once per frame, in order. Others are passed on as they are. @default all */
  readonly accepts?: ((frame: Frame) => boolean) | undefined;
}

/**
 * Edits the frames of a stream. While one frame is being edited only the newest of the next ones is kept.
 *
 * The caller reads the stream to its end or cancels it. It closes and errors as `frames` does, which is read without
 * backpressure. Bound: two frames, and the newest one that is not edited.
 */
export function editFrames(
  frames: ReadableStream<Frame>,
  edit: EditFrame,
  { onError, accepts = () => true }: EditFramesOptions = {},
): ReadableStream<Frame> {
  const reader = frames.getReader();
  let newest: Frame | undefined;
  let unedited: Frame | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake = () => {};
  const read = async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        if (accepts(value)) newest = value;
        else unedited = value;
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
          const [frame, passed] = [newest, unedited];
          newest = unedited = undefined;
          if (passed && !frame) return controller.enqueue(passed);
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
