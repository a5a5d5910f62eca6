import type { Prediction } from "../predict/prediction.ts";
import type { Branch } from "../relay/branch.ts";
import type { Session } from "../session/session.ts";
import { sendOver, textHighWaterMark } from "./socket.ts";
import { type Teeable, viewerBranch } from "./viewer.ts";
import { closeSocket, type OpenSocket, stallOptions } from "./websocket.ts";

/** Options for the delivery of predictions to a viewer. */
export interface PredictionDeliveryOptions {
  /** Sends every prediction in order, as far as they are kept, instead of only the newest. @default false */
  readonly all?: boolean | undefined;
  /** Sends the predictions after this number in order, as far as they are kept. @default starts with the newest */
  readonly after?: number | undefined;
  /** Milliseconds without progress after which the viewer is disconnected. @default 10000 */
  readonly stallAfter?: number | undefined;
  /** Called once, when the viewer has left or the predictions have ended. @default nothing */
  readonly onEnd?: (() => void) | undefined;
}

/** A prediction encoded for one viewer. */
export interface PredictionEvent {
  /** Number of the prediction: increases by 1 per predictor, across its runs. */
  readonly id: number;
  /** The prediction as JSON. */
  readonly data: string;
}

/** Maximum predictions that wait for a viewer of all predictions; the oldest are dropped first. */
export const maxQueuedPredictions = 64;

const queryInterval = 100; // milliseconds: a query of the kernel costs a third of sending a short message
const formatted = new WeakMap<Prediction, string>();

/** Returns a prediction as JSON, encoded once for all viewers. Adds `lost`, the number dropped before it, unless 0. */
export function formatPrediction(prediction: Prediction, lost = 0): string {
  const text = prediction.json ?? formatted.get(prediction) ?? JSON.stringify(prediction);
  if (prediction.json === undefined) formatted.set(prediction, text);
  return lost > 0 ? `${text.slice(0, -1)},"lost":${lost}}` : text;
}

/** Returns a viewer's branch of predictions, as text in the given format. */
export function predictionBranch(
  predictions: Teeable<Prediction>,
  session: Session,
  { all = false, format, ...options }: PredictionDeliveryOptions & PredictionFormat,
): Branch<Prediction, string> {
  return viewerBranch(predictions, session, {
    ...options,
    queryInterval,
    retention: all || options.after !== undefined ? { queue: maxQueuedPredictions } : "latest",
    encode: (prediction, { number, lost }) =>
      format({ id: number, data: formatPrediction(prediction, all ? lost : 0) }),
  });
}

/** Options for {@link predictionBranch} that depend on the transport. */
export interface PredictionFormat {
  /** Encodes a prediction for the transport. */
  readonly format: (event: PredictionEvent) => string;
  /** Called when the viewer has stalled. @default resets the connection */
  readonly onStall?: (() => void) | undefined;
}

/** Sends predictions over an open WebSocket, one per message. Closes the socket with 1000 when they end. */
export function sendPredictions(
  predictions: Teeable<Prediction>,
  session: Session,
  { socket, closed, ...options }: PredictionDeliveryOptions & OpenSocket,
): void {
  const format = ({ data }: PredictionEvent) => data;
  const messages = predictionBranch(predictions, session, { ...options, format, ...stallOptions(session, socket) });
  sendOver(socket, messages, { closed, highWaterMark: textHighWaterMark, onEnd: closeSocket(socket, session) });
}
