import type { Frame } from "../../src/media/frame.ts";
import { Track } from "../../src/relay/track.ts";
import { Card } from "../../src/testcard/card.ts";
import { parseFormat } from "../../src/testcard/format.ts";
import { cleanUp } from "../fixtures/clean-up.ts";

/** The pictures of a camera, which the test shows one by one. */
export interface Pictures {
  readonly track: Track<Frame>;
  /** Shows a picture with this number, drawn as the test card with the number in its timecode. */
  show(sequence: number, options?: ShowOptions): Promise<Frame>;
  /** Shows the next pictures at a steady rate until `stop` is called. */
  play(fps: number): { stop(): void };
  /** Ends the camera, as a file ends. */
  end(): void;
}

/** Options for {@link Pictures.show}. */
export interface ShowOptions {
  /** `WIDTHxHEIGHT`. @default "320x240" */
  readonly size?: string;
  /** Bytes to show instead of a picture. */
  readonly data?: Uint8Array<ArrayBuffer>;
}

const cards = new Map<string, Promise<Card>>();

/** Makes the pictures of a camera, which ends with the test. */
export function pictures(): Pictures {
  let controller: ReadableStreamDefaultController<Frame> | undefined;
  const track = new Track<Frame>(
    () =>
      new ReadableStream<Frame>({
        start(started) {
          controller = started;
        },
      }),
    { finite: true, stallAfter: Number.POSITIVE_INFINITY },
  );
  cleanUp(() => track.close());
  let next = 0;
  const show: Pictures["show"] = async (sequence, { size = "320x240", data } = {}) => {
    next = sequence + 1;
    const [width = 0, height = 0] = size.split("x").map(Number);
    const jpeg = data ?? (await draw(size, sequence));
    const arrival = performance.now();
    const timestamp = Math.round((performance.timeOrigin + arrival) * 1000);
    const frame = { data: jpeg, sequence, timestamp, arrival, width, height };
    controller?.enqueue(frame);
    return frame;
  };
  return {
    track,
    show,
    play(fps) {
      const timer = setInterval(() => void show(next), 1000 / fps);
      const stop = () => clearInterval(timer);
      cleanUp(stop);
      return { stop };
    },
    end: () => controller?.close(),
  };
}

let drawn: Promise<unknown> = Promise.resolve();

/** Draws a picture, one at a time: all of a card share its memory. */
function draw(size: string, frame: number): Promise<Uint8Array<ArrayBuffer>> {
  const made = cards.get(size) ?? Card.open(parseFormat(`${size}@30`));
  cards.set(size, made);
  const picture = drawn.then(async () => new Uint8Array(await (await made).draw({ time: Date.now(), frame })));
  drawn = picture;
  return picture;
}
