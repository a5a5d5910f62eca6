import type { Prediction } from "../predict/prediction.ts";
import type { Branch } from "../relay/branch.ts";
import type { Session } from "../session/session.ts";
import { sendOver, textHighWaterMark } from "./socket.ts";
import { type Viewable, viewerBranch } from "./viewer.ts";
import { closeSocket, type OpenSocket, stallOptions } from "./websocket.ts";

/** Limits that a viewer of predictions asks for or is held to. */
export interface PredictionLimits {
  /** Every prediction in order, as far as they are kept; otherwise the newest at the moment of sending. @default false */
  readonly all?: boolean | undefined;
  /** Continues in order behind the prediction of this number. @default starts with the newest */
  readonly after?: number | undefined;
  /** Milliseconds without progress after which the viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Called once, when the viewer has left or the predictions have ended. */
  readonly onEnd?: (() => void) | undefined;
}

/** A prediction on its way to one viewer. */
export interface PredictionEvent {
  /** Counts up by one per predictor, and goes on across its runs. */
  readonly id: number;
  /** JSON. */
  readonly data: string;
}

/** Predictions kept for viewers that ask for all of them, or come back. */
export const replayedPredictions = 64;

const askInterval = 100; // milliseconds: to ask the kernel costs a third of sending a short message
const texts = new WeakMap<Prediction, string>();

/** Returns a prediction as JSON, made at most once for all viewers; with `lost`, the number of those dropped before it. */
export function formatPrediction(prediction: Prediction, lost = 0): string {
  const text = prediction.json ?? texts.get(prediction) ?? JSON.stringify(prediction);
  if (prediction.json === undefined) texts.set(prediction, text);
  return lost > 0 ? `${text.slice(0, -1)},"lost":${lost}}` : text;
}

/** Gives a viewer its branch of predictions, as texts that `format` makes of them. */
export function predictionBranch(
  predictions: Viewable<Prediction>,
  session: Session,
  { all = false, format, ...options }: PredictionLimits & PredictionOptions,
): Branch<Prediction, string> {
  return viewerBranch(predictions, session, {
    ...options,
    askInterval,
    retention: all || options.after !== undefined ? { queue: replayedPredictions } : "latest",
    encode: (prediction, { number, lost }) =>
      format({ id: number, data: formatPrediction(prediction, all ? lost : 0) }),
  });
}

/** Options for {@link predictionBranch} besides what its viewer asks for. */
export interface PredictionOptions {
  readonly format: (event: PredictionEvent) => string;
  /** Called when the viewer has stalled. @default resets the connection */
  readonly onStall?: (() => void) | undefined;
}

/** Sends predictions over an open WebSocket, each as one message. Closes the socket with 1000 when they end. */
export function sendPredictions(
  predictions: Viewable<Prediction>,
  session: Session,
  { socket, closed, ...limits }: PredictionLimits & OpenSocket,
): void {
  const format = ({ data }: PredictionEvent) => data;
  const texts = predictionBranch(predictions, session, { ...limits, format, ...stallOptions(session, socket) });
  sendOver(socket, texts, { closed, highWaterMark: textHighWaterMark, onEnd: closeSocket(socket, session) });
}
