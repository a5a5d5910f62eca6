import type { WSContext } from "hono/ws";
import type { FairScheduler } from "../../pacing/scheduler.ts";
import type { Session } from "../../session/session.ts";
import { drained, textHighWaterMark } from "../socket.ts";
import { viewer } from "../viewer.ts";
import type { CameraHandle } from "./camera-handle.ts";
import { packFrame, packPrediction, type ServerMessage } from "./message.ts";

/** What of one camera goes over one connection of `teecam.v1`. */
export interface Subscription {
  readonly camera: string;
  readonly watchable: CameraHandle;
  readonly socket: WSContext;
  readonly turns: FairScheduler;
  /** Whether the viewer acknowledges frames. */
  readonly ack: boolean;
  /** Ends it; whoever made it aborts it. */
  readonly signal: AbortSignal;
}

/** Whose frames they are, and how many are wanted. */
export interface FrameDelivery {
  readonly session: Session;
  /** At most so many a second. @default all */
  readonly fps: number | undefined;
}

/** Sends a camera's frames, the newest whenever it is the camera's turn, until its end or the delivery's. Never rejects. */
export async function deliverFrames(
  { camera, watchable, socket, turns, signal }: Subscription,
  { session, fps }: FrameDelivery,
): Promise<void> {
  const pace = turns.slot(camera);
  const frames = viewer(watchable.tee, session, { encode: (frame) => packFrame(camera, frame), fps, pace });
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    async write(message) {
      if (socket.readyState === 1) socket.send(message);
      await drained(socket, signal);
      pace.released?.();
    },
  });
  await frames.pipeTo(sink, { signal }).catch(() => {});
}

/**
 * Sends what is predicted of a camera, as {@link deliverFrames} does its frames.
 *
 * Predictions take turns with frames, since they can be as large; acknowledgements of the frames tell of them as well.
 */
export async function deliverPredictions({
  camera,
  watchable,
  socket,
  turns,
  ack,
  signal,
}: Subscription): Promise<void> {
  const pace = turns.slot(camera);
  const messages = watchable.predictions?.({
    accepts() {
      pace.available?.();
      return true;
    },
    ready: () => pace.ready(),
    map(prediction) {
      const message = packPrediction(prediction);
      if (!ack) pace.sent(message.length, { sequence: prediction.sequence, arrival: performance.now() });
      return message;
    },
    left: () => pace.close(),
  });
  if (!messages) return pace.close();
  const sink = new WritableStream<string>({
    async write(message) {
      if (socket.readyState === 1) socket.send(message);
      await drained(socket, signal, textHighWaterMark);
      pace.released?.();
    },
  });
  await messages.pipeTo(sink, { signal }).catch(() => {});
}

/** Says a camera's states, from the present one on. Never rejects. */
export async function deliverStates(
  { camera, watchable, signal }: Subscription,
  say: (message: ServerMessage) => void,
): Promise<void> {
  const sink = new WritableStream<{ state: string; detail: string | null }>({
    write: ({ state, detail }) => say({ type: "state", camera, state, age: watchable.age(), detail }),
  });
  await watchable
    .states()
    .pipeTo(sink, { signal })
    .catch(() => {});
}
