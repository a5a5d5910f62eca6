import type { WSContext } from "hono/ws";
import type { Frame } from "../../media/frame.ts";
import type { VideoChunk } from "../../media/video-chunk.ts";
import type { FairScheduler } from "../../pacing/scheduler.ts";
import type { Prediction } from "../../predict/prediction.ts";
import type { TrackState } from "../../relay/state.ts";
import type { Session } from "../../session/session.ts";
import { sendOver, textHighWaterMark } from "../socket.ts";
import { defaultMaxAge, type Teeable } from "../viewer.ts";
import { packChunk, packFrame, packPrediction } from "./message.ts";
import type { Outbox } from "./outbox.ts";

/** A camera as a connection of `teecam.v1` uses it. */
export interface CameraHandle {
  readonly pictures: Teeable<Frame>;
  /** Its pictures as H.264; undefined if it offers none. */
  readonly video?: CodedPictures | undefined;
  /** Predictor for all viewers; undefined if there is none. */
  readonly predictor?: { readonly predictions: Teeable<Prediction> } | undefined;
  /** The newest frame, if there has been one. */
  readonly newest: Pick<Frame, "arrival"> | undefined;
  /** Returns its states from now on; the caller reads them to their end or cancels them. */
  states(): ReadableStream<TrackState>;
}

/** The coded pictures of a camera, such as a {@link VideoTrack}. */
export interface CodedPictures extends Teeable<VideoChunk> {
  /** Returns why nothing can be coded on this machine; undefined if it can. */
  unavailable(): Promise<string | undefined>;
}

/** Options for {@link subscribe}. */
export interface SubscriptionOptions {
  readonly camera: string;
  readonly handle: CameraHandle;
  readonly socket: WSContext;
  readonly session: Session;
  readonly scheduler: FairScheduler;
  /** At most so many frames a second. @default all */
  readonly fps?: number | undefined;
  /** Whether the viewer can decode H.264. @default false */
  readonly video?: boolean | undefined;
  /** Whether the viewer acknowledges frames. */
  readonly ack: boolean;
  /** Whether predictions are sent too. */
  readonly predictions: boolean;
  /** Whether the viewer is told the whole reasons of states. */
  readonly isAdmin: boolean;
  readonly outbox: Outbox;
  /** Ends the subscription. */
  readonly signal: AbortSignal;
}

/** Sends a camera's states, frames and predictions over a connection of `teecam.v1`, until the camera ends or `signal` is aborted. */
export function subscribe(options: SubscriptionOptions): void {
  void sendStates(options);
  if (options.predictions) sendPredictions(options);
  const { video } = options.handle;
  // Chunks depend on each other, so a maximum rate leaves only JPEGs.
  if (options.video && video && options.fps === undefined) void sendVideo(video, options);
  else sendFrames(options);
}

/** Sends coded pictures in order; JPEGs if none can be made, after the reason. Never rejects. */
async function sendVideo(video: CodedPictures, options: SubscriptionOptions): Promise<void> {
  const { camera, socket, session, scheduler, outbox, signal } = options;
  const why = await video.unavailable();
  if (signal.aborted) return;
  if (why !== undefined) {
    outbox.send({ type: "error", error: `Camera "${camera}" is sent as JPEG: ${why}` });
    return sendFrames(options);
  }
  const chunks = video.tee({
    retention: "since-key",
    encode: (chunk) => packChunk(camera, chunk),
    pacer: scheduler.slot({ camera }),
    peer: session,
    signal,
  });
  sendOver(socket, chunks, { closed: signal });
}

/** Sends the newest frame whenever it is the camera's turn. */
function sendFrames({ camera, handle, socket, session, scheduler, fps, signal }: SubscriptionOptions): void {
  const frames = handle.pictures.tee({
    fps,
    maxAge: defaultMaxAge,
    encode: (frame) => packFrame(camera, frame),
    pacer: scheduler.slot({ camera }),
    peer: session,
    signal,
  });
  sendOver(socket, frames, { closed: signal });
}

/** Sends predictions as they come. They take turns with frames, since they can be as large; nobody acknowledges them. */
function sendPredictions({ camera, handle, socket, session, scheduler, ack, signal }: SubscriptionOptions): void {
  const predictions = handle.predictor?.predictions.tee({
    encode: (prediction) => packPrediction(prediction),
    pacer: scheduler.slot({ camera, isTracked: !ack }),
    peer: session,
    signal,
  });
  if (predictions) sendOver(socket, predictions, { closed: signal, highWaterMark: textHighWaterMark });
}

/** Sends the camera's states, from the present one on; to a viewer that does not read, the newest when it does. Never rejects. */
async function sendStates({ camera, handle, outbox, isAdmin, signal }: SubscriptionOptions): Promise<void> {
  const sink = new WritableStream<TrackState>({
    write({ state, detail, cause }) {
      const { newest } = handle;
      const age = newest ? Math.round(performance.now() - newest.arrival) : null;
      outbox.send({ type: "state", camera, state, age, detail: isAdmin ? cause : detail });
      return outbox.hasRoom ? undefined : outbox.room(signal);
    },
  });
  await handle
    .states()
    .pipeTo(sink, { signal })
    .catch(() => {});
}
