import type { Context, Hono } from "hono";
import { adapter } from "#adapter";
import type { Serve, ServeInto, UpgradeWebSocket } from "./adapter/serve.ts";
import { type AppOptions, createApp as createAppOf } from "./app.ts";
import { Camera } from "./camera/camera.ts";
import type { CameraOptions } from "./camera/options.ts";
import { loggerOf } from "./log.ts";
import { RtcHost, type RtcHostOptions } from "./rtc/host.ts";
import type { Connection } from "./session/connection.ts";
import { subprotocol } from "./transport/teecam-v1/subprotocol.ts";

export type {
  Certificate,
  ConnectionLimits,
  Handler,
  HostServer,
  RequestListener,
  Serve,
  ServeInto,
  ServeIntoOptions,
  ServeOptions,
  Server,
  UpgradeWebSocket,
} from "./adapter/serve.ts";
export type { AppOptions } from "./app.ts";
export type { CrossOriginOptions } from "./auth/cross-origin.ts";
export type { Right } from "./auth/grant.ts";
export { type SignedUrlClaims, sign } from "./auth/signed-url.ts";
export type { AuthOptions, TokenOptions } from "./auth/token-store.ts";
export type { Camera, CameraState } from "./camera/camera.ts";
export type { FilteredFrames } from "./camera/frame-filter.ts";
export type { CameraOptions } from "./camera/options.ts";
export type { Explanation } from "./failure.ts";
export type { Logger } from "./log.ts";
export type { Frame } from "./media/frame.ts";
export { FrameParserStream } from "./media/frame-parser.ts";
export { JpegParserStream } from "./media/jpeg/parser.ts";
export { MultipartParserStream } from "./media/multipart/parser.ts";
export type { FrameParserOptions } from "./media/parser-options.ts";
export type { DropReason, ParserStats } from "./media/parser-stats.ts";
export type { VideoChunk } from "./media/video-chunk.ts";
export type { CarriedPrediction } from "./predict/carried-prediction.ts";
export type { Detection, Json, Prediction } from "./predict/prediction.ts";
export type { Predictor, PredictorOptions, PredictorReport } from "./predict/predictor.ts";
export {
  type Predict,
  type PredictContext,
  PredictorStream,
  type PredictorStreamOptions,
} from "./predict/predictor-stream.ts";
export type { InvalidLines } from "./predict/response-reader.ts";
export type { ResultBounds } from "./predict/result.ts";
export type { CommandPredictor, ModulePredictor, PredictorLimits, PredictorSource } from "./predict/source.ts";
export type { Branch } from "./relay/branch.ts";
export type { BranchOptions, Position, Repeat } from "./relay/branch-options.ts";
export { Broadcaster, type BroadcasterOptions } from "./relay/broadcaster.ts";
export type { BranchStatus, Dropped, Peer, TrackName } from "./relay/peer.ts";
export type { Retention } from "./relay/retention.ts";
export type { TrackState } from "./relay/state.ts";
export { Track, type TrackOptions } from "./relay/track.ts";
export type { CameraReport } from "./routes/report.ts";
export type { RtcHost, RtcHostOptions, RtcUnavailableError } from "./rtc/host.ts";
export type { PeerStats } from "./rtc/messages.ts";
export type { Offer } from "./rtc/offer.ts";
export type { IceServer, RtcOptions } from "./rtc/options.ts";
export type { PeerEnd, RtcPeer, RtcPeerOptions } from "./rtc/peer.ts";
export type { Connection, SendQueue } from "./session/connection.ts";
export { getSession } from "./session/context.ts";
export type { Limits } from "./session/limits.ts";
export type { Session, SessionReport, Transport, ViewerSession } from "./session/session.ts";
export type { HttpOptions, TlsOptions } from "./source/http/options.ts";
export type { Argv } from "./source/source.ts";
export type { TrustOptions } from "./source/tcp.ts";
export { Demand, type DemandOptions } from "./supervise/demand.ts";
export type { Change, Phase, Start } from "./supervise/run.ts";
export { type SuperviseOptions, supervise } from "./supervise/supervise.ts";
export type { EncoderName } from "./video/encoders.ts";
export type { Preset, VideoOptions } from "./video/options.ts";
export type { VideoReport, VideoTrack, VideoTrackOptions } from "./video/track.ts";

/**
 * Starts a camera on this runtime. It runs until its `close()`, whether or not there are viewers.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0" });
 * const app = createApp({ cameras: new Map([[front.id, front]]) });
 * ```
 */
export function camera(options: CameraOptions = {}): Camera {
  return new Camera({ ...options, log: loggerOf(options.log) }, adapter);
}

/**
 * Serves an app over HTTP on this runtime. `protocols` is `teecam.v1` by default.
 *
 * @example
 * ```ts
 * const options = { hostname: "127.0.0.1", port: 8000 };
 * const server = await serve((upgradeWebSocket) => createApp({ cameras, upgradeWebSocket, connection }), options);
 * await server.close(1000); // milliseconds for open connections to end
 * ```
 */
export const serve: Serve = (create, options) =>
  adapter.serve(create, { ...options, protocols: options.protocols ?? [subprotocol] });

/**
 * Serves an app on the host's own server of `node:http`, and guards that server as {@link serve} guards its own; see
 * {@link ServeInto}. `protocols` is `teecam.v1` by default.
 *
 * @example
 * ```ts
 * const app = new Hono().route("/cams", createApp({ cameras }));
 * serveInto(honoServe({ fetch: app.fetch, port: 8000 }), app); // serve of @hono/node-server
 * ```
 */
export const serveInto: ServeInto = (server, app, options = {}) =>
  adapter.serveInto(server, app, { ...options, protocols: options.protocols ?? [subprotocol] });

/**
 * Accepts WebSockets on every server: of {@link serveInto}, and of `Deno.serve`. It is the default of {@link createApp}, and
 * routes of your own may use it, as they use Hono's.
 *
 * @example
 * ```ts
 * app.get("/echo", upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(data) })));
 * ```
 */
export const upgradeWebSocket: UpgradeWebSocket = adapter.upgradeWebSocket([subprotocol]);

/**
 * Creates the HTTP app. Its `fetch` is an edge-style handler for `Deno.serve`, `deno serve`, another Hono app or, by
 * {@link serveInto}, any server of `node:http`.
 *
 * Everyone has access unless `auth` says otherwise.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0" });
 * const app = createApp({ cameras: new Map([[front.id, front]]), auth: { token: "a long random text" } });
 * Deno.serve(app.fetch);
 * ```
 */
export function createApp(options: AppOptions): Hono {
  return createAppOf({ connection, upgradeWebSocket, ...options });
}

/** Returns the network connection of a request, for {@link createApp}; see {@link serve} for an example. */
export const connection: (context: Context) => Connection = adapter.connection;

/**
 * Speaks WebRTC on this runtime, in a process of its own, for {@link createApp}. Needs the package node-datachannel. The
 * caller closes it.
 *
 * @example
 * ```ts
 * const app = createApp({ cameras, connection, rtc: rtc({ port: 8189 }) });
 * ```
 */
export function rtc(options: Omit<RtcHostOptions, "runtime"> = {}): RtcHost {
  return new RtcHost({ ...options, runtime: adapter });
}
