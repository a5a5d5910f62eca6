import * as adapter from "#adapter";
import { Camera } from "./camera/camera.ts";
import type { CameraOptions } from "./camera/options.ts";

export { type AppOptions, createApp } from "./app.ts";
export type { Right } from "./auth/grant.ts";
export type { AuthOptions, TokenOptions } from "./auth/keys.ts";
export { type Permit, sign } from "./auth/signature.ts";
export type { SiteOptions } from "./auth/site.ts";
export type { LeftOut } from "./camera/admission.ts";
export type { Camera } from "./camera/camera.ts";
export type { CameraState } from "./camera/condition.ts";
export type { CameraOptions } from "./camera/options.ts";
export type { Argv } from "./capture/source.ts";
export type { Logger } from "./log.ts";
export type { Frame } from "./media/frame.ts";
export { JpegParserStream } from "./media/jpeg.ts";
export { MultipartParserStream } from "./media/multipart.ts";
export type { FrameParserOptions } from "./media/options.ts";
export { FrameParserStream } from "./media/parser.ts";
export type { ParserStats } from "./media/stats.ts";
export type { Strays } from "./predict/answers.ts";
export type { Followed, FollowOptions } from "./predict/history.ts";
export type { Detection, Json, Prediction } from "./predict/prediction.ts";
export type { Predictions, PredictionsReport } from "./predict/predictions.ts";
export type { CommandPredictor, ModulePredictor, PredictorLimits, PredictorSource } from "./predict/predictor.ts";
export type { ResultBounds } from "./predict/result.ts";
export { type Predict, type PredictContext, PredictorStream, type PredictorStreamOptions } from "./predict/stream.ts";
export type { Branch } from "./relay/branch.ts";
export { Broadcaster } from "./relay/broadcaster.ts";
export type { Limits } from "./routes/places.ts";
export type { CameraReport } from "./routes/report.ts";
export type { Handler, Serve, ServeOptions, Server, UpgradeWebSocket } from "./serve.ts";
export { type Connection, getSession, type SessionReport, type Transport, type ViewerSession } from "./session.ts";
export { Demand, type DemandOptions } from "./supervise/demand.ts";
export type { Change, Phase, Start } from "./supervise/run.ts";
export { type SuperviseOptions, supervise } from "./supervise/supervise.ts";

/**
 * Starts a camera on this runtime; it runs until its `close()`, whether or not anybody watches.
 *
 * @example
 * ```ts
 * const front = camera({ id: "front", source: "/dev/video0" });
 * const app = createApp({ cameras: new Map([[front.id, front]]) });
 * ```
 */
export function camera(options: CameraOptions = {}): Camera {
  return new Camera(options, adapter);
}

/** Serves an app over HTTP on this runtime. */
export const serve: typeof adapter.serve = adapter.serve;

/** Tells an app what this runtime knows of a request's connection. */
export const connection: typeof adapter.connection = adapter.connection;
