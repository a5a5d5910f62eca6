import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { WSEvents } from "hono/ws";
import type { UpgradeWebSocket } from "../adapter/serve.ts";
import type { Camera } from "../camera/camera.ts";
import type { Predictor } from "../predict/predictor.ts";
import { lazyBody } from "../transport/lazy-body.ts";
import {
  formatPrediction,
  type PredictionDeliveryOptions,
  predictionBranch,
  sendPredictions,
} from "../transport/predictions.ts";
import { eventStream, formatEvent, lastEventId } from "../transport/sse.ts";
import { clientOf, PrivatePredictors } from "./private-predictors.ts";
import { switchParameter } from "./query.ts";
import { tellDetail } from "./report.ts";
import { endlessHeaders, liveHeaders, type RouteContext } from "./route-context.ts";
import { noWebSockets } from "./websocket.ts";

/** Options for {@link predictions}. */
export interface PredictionsRouteOptions {
  readonly upgradeWebSocket: UpgradeWebSocket | undefined;
  /** Maximum predictors that run for one viewer each. @default 16 */
  readonly maxPredictors?: number | undefined;
}

/** Parsed query of a request for predictions. */
export interface PredictionQuery extends Pick<PredictionDeliveryOptions, "all"> {
  readonly camera: Camera;
  /** Name of a predictor to run for this viewer only. */
  readonly predictor: string | undefined;
  /** Whoever asks, by address. */
  readonly client: string;
}

const timeout = 2000; // milliseconds to wait for a prediction as JSON

/**
 * Handles `…/predictions`: a WebSocket gets each prediction as a message of JSON, `Accept: text/event-stream` each as an
 * event, and any other request the newest one. `?all=1` sends all predictions, as far as they are kept;
 * `?predictor=` runs a predictor for this viewer only.
 */
export function predictions(
  app: RouteContext,
  { upgradeWebSocket, maxPredictors }: PredictionsRouteOptions,
): MiddlewareHandler {
  const predictors = new PrivatePredictors(maxPredictors);
  const upgrade = upgradeWebSocket?.((context) => createEvents(app, context, predictors));
  return async (context, next) => {
    const query = readQuery(app, context);
    if (context.req.header("upgrade")?.toLowerCase() === "websocket") {
      if (!upgrade) return context.json({ error: noWebSockets }, 501);
      predictors.requireRoom(query);
      app.requireRoom(context, query.camera);
      return await upgrade(context, next);
    }
    if (!context.req.header("accept")?.includes("text/event-stream")) return await sendNewest(app, context, query);
    const headers = endlessHeaders("text/event-stream");
    if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
    predictors.requireRoom(query);
    app.requireRoom(context, query.camera);
    return context.body(sendEvents(app, context, { query, predictors }), 200, headers);
  };
}

function readQuery(app: RouteContext, context: Context): PredictionQuery {
  const camera = app.find(context);
  app.requireLive(camera);
  const predictor = context.req.query("predictor");
  const all = switchParameter(context, "all");
  if (predictor === undefined && !camera.predictor) {
    throw new HTTPException(404, { message: `Camera "${camera.id}" has no predictor: configure one with "predict"` });
  }
  if (predictor !== undefined && !camera.predictors.includes(predictor)) {
    const known = camera.predictors.join(", ") || "none";
    throw new HTTPException(404, {
      message: `No predictor "${predictor}" on camera "${camera.id}"; available: ${known}`,
    });
  }
  return { camera, predictor, all, client: clientOf(context, app.connection(context).remote) };
}

function sendEvents(
  app: RouteContext,
  context: Context,
  { query, predictors }: { readonly query: PredictionQuery; readonly predictors: PrivatePredictors },
): ReadableStream<Uint8Array> {
  const session = app.createSession(context, "predictions");
  const after = lastEventId(context.req.header("last-event-id"));
  return lazyBody(() => {
    const { predictor, onEnd } = predictors.open(query, session);
    const options = { all: query.all, after, stallAfter: app.stallAfter, onEnd, format: formatEvent };
    return eventStream(predictionBranch(predictor.predictions, session, options));
  });
}

/** Sends predictions over a WebSocket until it closes. */
function createEvents(app: RouteContext, context: Context, predictors: PrivatePredictors): WSEvents {
  const query = readQuery(app, context);
  app.connection(context); // after the upgrade the runtime may no longer know it
  const closed = new AbortController();
  return {
    onOpen(_, socket) {
      const refusal = predictors.check(query) ?? app.refuse(context, query.camera.id); // others may have come since
      if (refusal !== undefined) return socket.close(1013, refusal);
      const session = app.createSession(context, "predictions");
      const { predictor, onEnd } = predictors.open(query, session);
      const options = { all: query.all, stallAfter: app.stallAfter, onEnd, socket, closed: closed.signal };
      sendPredictions(predictor.predictions, session, options);
    },
    onClose: () => closed.abort(),
  };
}

/** Returns the newest prediction while the predictor is live, otherwise the next one, or 503 if none arrives in time. */
async function sendNewest(
  app: RouteContext,
  context: Context,
  { camera, predictor: name }: PredictionQuery,
): Promise<Response> {
  if (name !== undefined) {
    throw new HTTPException(400, {
      message: "Bad predictor: one that runs for a single viewer needs a WebSocket or an event stream",
    });
  }
  const { predictor } = camera;
  const text = predictor && (await newestText(predictor));
  if (text !== undefined) return context.body(text, 200, { ...liveHeaders, "Content-Type": "application/json" });
  const { state, ...reason } = predictor?.predictions.state ?? { state: "gone", detail: null, cause: null };
  context.header("Retry-After", "1");
  const detail = tellDetail(reason, app.isAdmin(context));
  const why = detail === null ? state : `${state}: ${detail}`;
  return context.json({ error: `No prediction on camera "${camera.id}" yet: its predictor is ${why}` }, 503);
}

async function newestText({ predictions }: Predictor): Promise<string | undefined> {
  if (predictions.newest && predictions.state.state === "live") return formatPrediction(predictions.newest);
  const next = predictions.tee({ signal: AbortSignal.timeout(timeout), limit: 1 }).getReader();
  const { value } = await next.read();
  void next.cancel();
  return value && formatPrediction(value);
}
