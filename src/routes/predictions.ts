import type { Context, MiddlewareHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { WSEvents } from "hono/ws";
import type { UpgradeWebSocket } from "../adapter/serve.ts";
import type { Camera } from "../camera/camera.ts";
import type { Predictions } from "../predict/predictions.ts";
import type { Followed, FollowOptions } from "../predict/replay-buffer.ts";
import type { Session } from "../session/session.ts";
import { type NoticeOptions, notices, sendNewest, stringify } from "../transport/notices.ts";
import { eventStream, formatEvent, lastEventId } from "../transport/sse.ts";
import { sendTexts } from "../transport/websocket.ts";
import { switchParameter } from "./query.ts";
import { liveHeaders, type RouteContext } from "./route-context.ts";

const timeout = 2000; // milliseconds

/** What the route needs. */
export interface PredictionsRouteOptions {
  readonly upgradeWebSocket: UpgradeWebSocket | undefined;
  /** Predictors that may run for one viewer each at the same time. @default 16 */
  readonly maxPredictors?: number | undefined;
}

/** What a viewer of predictions asks for. */
interface PredictionQuery extends FollowOptions {
  readonly camera: Camera;
  /** The predictor of its own. */
  readonly predictor: string | undefined;
}

/**
 * `…/predictions`: as a WebSocket each prediction is one JSON message, as Server-Sent Events one event, else the newest is
 * the answer. `?all=1` misses none that can be kept, `?predictor=` runs a predictor for this viewer alone.
 */
export function predictions(
  desk: RouteContext,
  { upgradeWebSocket, maxPredictors: maxOwn = 16 }: PredictionsRouteOptions,
): MiddlewareHandler {
  const own = new Set<Predictions>();
  const start = ({ camera, predictor, ...options }: PredictionQuery, session: Session) => {
    const { id, transport, connection } = session;
    const viewer = { id, camera: camera.id, transport, remote: connection.remote };
    const mine = predictor === undefined ? undefined : camera.predictFor(predictor, viewer);
    if (mine) own.add(mine);
    return {
      predictions: mine ?? camera.predictions,
      follow: () => (mine ?? camera.predictions)?.follow(options) ?? ended<Followed>(),
      left: () => void mine?.close().then(() => own.delete(mine)), // until it is gone it takes up room
      stallAfter: desk.stallAfter,
    };
  };
  const noRoom = ({ predictor }: PredictionQuery) =>
    predictor === undefined || own.size < maxOwn ? undefined : `No room: ${maxOwn} predictors run for one viewer each`;
  const requireRoom = (wish: PredictionQuery) => {
    const message = noRoom(wish);
    if (message !== undefined) throw new HTTPException(503, { message });
  };
  const upgrade = upgradeWebSocket?.((context) => {
    const wish = readQuery(desk, context);
    return events((session) => ({ ...start(wish, session), all: wish.all }), {
      full: () => noRoom(wish) ?? desk.places.full(wish.camera.id, desk.connection(context).remote),
      join: () => desk.join(context, wish.camera, "predictions"),
    });
  });
  return async (context, next) => {
    const wish = readQuery(desk, context);
    const { camera } = wish;
    if (context.req.header("upgrade")?.toLowerCase() === "websocket") {
      if (!upgrade) {
        return context.json({ error: "No WebSockets here: the host passes no upgradeWebSocket to createApp()" }, 501);
      }
      requireRoom(wish);
      desk.requirePlace(context, camera);
      return await upgrade(context, next);
    }
    if (!context.req.header("accept")?.includes("text/event-stream")) return await newest(context, wish);
    const headers = { ...liveHeaders, "Content-Type": "text/event-stream" };
    if (context.req.method === "HEAD") return context.body(null, 200, headers); // a body would be dropped, not cancelled
    requireRoom(wish);
    const after = lastEventId(context.req.header("last-event-id"));
    const session = desk.join(context, camera, "predictions");
    const body = notices(session, { ...start({ ...wish, after }, session), encode: formatEvent });
    return context.body(eventStream(body), 200, headers);
  };
}

function readQuery(desk: RouteContext, context: Context): PredictionQuery {
  const camera = desk.findLive(context);
  const predictor = context.req.query("predictor");
  const all = switchParameter(context, "all");
  if (predictor === undefined && !camera.predictions) {
    throw new HTTPException(404, { message: `Nothing predicts on camera "${camera.id}": give it a "predict"` });
  }
  if (predictor !== undefined && !camera.predictors.includes(predictor)) {
    const known = camera.predictors.join(", ") || "none";
    throw new HTTPException(404, {
      message: `No predictor "${predictor}" on camera "${camera.id}"; there are: ${known}`,
    });
  }
  return { camera, predictor, all };
}

/** The newest while there are new ones, else the next one that comes in time. */
async function newest(context: Context, { camera, predictor }: PredictionQuery): Promise<Response> {
  if (predictor !== undefined) {
    throw new HTTPException(400, { message: "A predictor of your own runs over a WebSocket or an event stream alone" });
  }
  const { predictions } = camera;
  const known = predictions?.newest;
  if (known && predictions.report().state === "live") return context.json(known.prediction as object, 200, liveHeaders);
  const next = await nextOf(predictions?.follow({ after: known?.number }));
  if (next) return context.json(next.prediction as object, 200, liveHeaders);
  const { state, detail } = predictions?.report() ?? { state: "gone", detail: null };
  context.header("Retry-After", "1");
  const why = detail === null ? state : `${state}: ${detail}`;
  return context.json({ error: `No prediction on camera "${camera.id}" yet: its predictor is ${why}` }, 503);
}

async function nextOf(followed: ReadableStream<Followed> | undefined): Promise<Followed | undefined> {
  const reader = followed?.getReader();
  const timer = setTimeout(() => void reader?.cancel(), timeout);
  const { value } = (await reader?.read()) ?? {};
  clearTimeout(timer);
  void reader?.cancel();
  return value;
}

/** How a viewer comes in. */
interface Door {
  /** Says why there is no place for it; undefined if there is one. */
  readonly full: () => string | undefined;
  readonly join: () => Session;
}

/** What a viewer is told of, and how. */
interface Telling extends Omit<NoticeOptions, "encode"> {
  readonly predictions: Predictions | undefined;
  readonly all: boolean | undefined;
}

/** A WebSocket that is told, until it closes. */
function events(start: (session: Session) => Telling, { full, join }: Door): WSEvents {
  const over = new AbortController();
  const closed = over.signal;
  return {
    onOpen(_, socket) {
      const why = full(); // many may have come at once
      if (why !== undefined) return socket.close(1013, why);
      const session = join();
      const { predictions, all, ...options } = start(session);
      if (predictions && !all) {
        sendNewest(session, { ...options, tee: (view) => predictions.tee(view), socket, closed });
      } else void sendTexts(notices(session, { ...options, encode: stringify }), { socket, closed });
    },
    onClose: () => over.abort(),
  };
}

function ended<T>(): ReadableStream<T> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
