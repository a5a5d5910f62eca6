import type { Camera } from "../camera/camera.ts";
import type { FilteredFrames } from "../camera/frame-filter.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import type { PredictorReport } from "../predict/predictor.ts";
import type { TrackState } from "../relay/state.ts";
import type { Session } from "../session/session.ts";
import type { VideoReport } from "../video/track.ts";

/**
 * A camera as plain data, the response of `GET /cameras/{id}`.
 *
 * @example
 * ```ts
 * const response = await fetch("http://127.0.0.1:8000/cameras/front");
 * const { state, fps, viewers }: CameraReport = await response.json();
 * ```
 */
export interface CameraReport {
  readonly id: string;
  /** The source, without secrets; only for admins. */
  readonly source?: string;
  readonly state: Camera["state"]["state"];
  /** Reason for the state, for people to read: all details for admins, the kind of failure for others. */
  readonly detail: string | null;
  /** Start time of the state, in milliseconds since the epoch. */
  readonly since: number;
  /** Frames per second recently. */
  readonly fps: number;
  /** Width in pixels; null before the first frame. */
  readonly width: number | null;
  /** Height in pixels; null before the first frame. */
  readonly height: number | null;
  /** Milliseconds since the newest frame arrived; null before the first. */
  readonly age: number | null;
  /** Sequence of the newest frame; null before the first. */
  readonly sequence: number | null;
  /** Input over all runs: bytes received, bytes that belong to no frame, frames repaired, and pictures dropped, by reason. */
  readonly input: Pick<ParserStats, "bytes" | "skipped" | "repaired" | "dropped">;
  /** Number of runs of the source that failed, or ended while there was demand. */
  readonly restarts: number;
  /** Valid frames withheld from all viewers, over all runs, by reason. */
  readonly filtered: FilteredFrames;
  /** The predictor for all viewers; null if there is none. Only admins see its name and output. */
  readonly predictions: (Omit<PredictorReport, AdminOnly | "cause"> & Partial<Pick<PredictorReport, AdminOnly>>) | null;
  /** The coded pictures; null if the camera offers none. */
  readonly video: Omit<VideoReport, "cause"> | null;
  /** Names of the predictors that a viewer can choose. */
  readonly predictors: readonly string[];
  /** Number of current viewers. */
  readonly viewers: number;
}

type AdminOnly = "predictor" | "lastInvalidLine";

/** Options for {@link reportCamera}. */
export interface CameraReportOptions {
  /** Number of current viewers. */
  readonly viewers: number;
  /** Includes sources, and names and output of predictors. */
  readonly isAdmin: boolean;
}

/** Returns a camera as plain data. */
export function reportCamera(camera: Camera, { viewers, isAdmin }: CameraReportOptions): CameraReport {
  const { newest, state, input } = camera;
  return {
    id: camera.id,
    ...(isAdmin ? { source: camera.source } : {}),
    state: state.state,
    detail: tellDetail(state, isAdmin),
    since: state.since,
    fps: Math.round(camera.fps * 100) / 100,
    width: newest?.width ?? null,
    height: newest?.height ?? null,
    age: newest ? Math.round(performance.now() - newest.arrival) : null,
    sequence: newest?.sequence ?? null,
    input: { bytes: input.bytes, skipped: input.skipped, repaired: input.repaired, dropped: input.dropped },
    restarts: camera.restarts,
    filtered: camera.filtered,
    predictions: reportPredictor(camera, isAdmin),
    video: reportVideo(camera, isAdmin),
    predictors: camera.predictors,
    viewers,
  };
}

function reportVideo({ video }: Camera, isAdmin: boolean): CameraReport["video"] {
  if (!video) return null;
  const { cause, ...rest } = video.report();
  return { ...rest, detail: tellDetail({ detail: rest.detail, cause }, isAdmin) };
}

function reportPredictor({ predictor }: Camera, isAdmin: boolean): CameraReport["predictions"] {
  if (!predictor) return null;
  const { predictor: name, lastInvalidLine, cause, ...rest } = predictor.report();
  const told = { ...rest, detail: tellDetail({ detail: rest.detail, cause }, isAdmin) };
  return isAdmin ? { predictor: name, lastInvalidLine, ...told } : told;
}

/** Returns why a track is in its state: the whole reason for admins, the kind of failure for others. */
export function tellDetail({ detail, cause }: Pick<TrackState, "detail" | "cause">, isAdmin: boolean): string | null {
  return isAdmin ? cause : detail;
}

/** Returns a camera in the format of uStreamer's `/state` (https://github.com/pikvm/ustreamer), for its clients. */
export function ustreamerState({ id, state, fps, width, height }: CameraReport, viewers: readonly Session[]): object {
  const round = Math.round(fps);
  return {
    ok: true,
    result: {
      instance_id: "",
      encoder: { type: "CPU", quality: 0 },
      source: {
        resolution: { width: width ?? 0, height: height ?? 0 },
        online: state === "live",
        desired_fps: round,
        captured_fps: round,
      },
      stream: {
        queued_fps: round,
        clients: viewers.length,
        clients_stat: Object.fromEntries(
          viewers.map((session) => [
            session.id,
            {
              fps: Math.round(session.report(id)?.fps ?? 0),
              extra_headers: session.claims?.extraHeaders === true,
              advance_headers: session.claims?.advanceHeaders === true,
              dual_final_frames: false,
              zero_data: false,
              key: typeof session.claims?.key === "string" ? session.claims?.key : "0",
            },
          ]),
        ),
      },
    },
  };
}
