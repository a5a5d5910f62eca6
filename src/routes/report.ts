import type { Camera } from "../camera/camera.ts";
import type { FilteredFrames } from "../camera/frame-filter.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import type { PredictorReport } from "../predict/predictor.ts";
import type { SessionReport } from "../session/session.ts";

/** A camera in plain data, as `GET /cameras/{id}` shows it. */
export interface CameraReport {
  readonly id: string;
  /** What it captures, without secrets; for those on this machine. */
  readonly source?: string;
  readonly state: Camera["state"]["state"];
  /** Why, in words for people. */
  readonly detail: string | null;
  /** When the state began, in milliseconds since the epoch. */
  readonly since: number;
  /** Frames a second that arrived lately. */
  readonly fps: number;
  /** Pixels; null before the first frame. */
  readonly width: number | null;
  readonly height: number | null;
  /** Milliseconds since the newest frame arrived; null before the first. */
  readonly age: number | null;
  /** The newest frame's. */
  readonly sequence: number | null;
  /** What came in, over all runs: bytes that belong to no frame, frames that were repaired, and those dropped, by reason. */
  readonly input: Pick<ParserStats, "bytes" | "skipped" | "repaired" | "dropped">;
  /** Runs of its source that ended before they should. */
  readonly restarts: number;
  /** Good frames that nobody got, over all runs, by reason. */
  readonly filtered: FilteredFrames;
  /** Its predictor for all viewers; null where it has none. What the predictor is and prints is for admins. */
  readonly predictions: (Omit<PredictorReport, AdminOnly> & Partial<Pick<PredictorReport, AdminOnly>>) | null;
  /** Names of the predictors that a viewer may choose. */
  readonly predictors: readonly string[];
  /** Viewers that watch now. */
  readonly viewers: number;
}

type AdminOnly = "predictor" | "lastInvalidLine";

/** Options for {@link report}. */
export interface ReportOptions {
  readonly viewers: number;
  /** Whether sources and what predictors print are shown. */
  readonly isAdmin: boolean;
}

/** Returns a camera in plain data. */
export function report(camera: Camera, { viewers, isAdmin }: ReportOptions): CameraReport {
  const { newest, state, input } = camera;
  return {
    id: camera.id,
    ...(isAdmin ? { source: camera.source } : {}),
    ...state,
    fps: Math.round(camera.fps * 100) / 100,
    width: newest?.width ?? null,
    height: newest?.height ?? null,
    age: newest ? Math.round(performance.now() - newest.arrival) : null,
    sequence: newest?.sequence ?? null,
    input: { bytes: input.bytes, skipped: input.skipped, repaired: input.repaired, dropped: input.dropped },
    restarts: camera.restarts,
    filtered: camera.filtered,
    predictions: reportPredictor(camera, isAdmin),
    predictors: camera.predictors,
    viewers,
  };
}

function reportPredictor({ predictor }: Camera, isAdmin: boolean): CameraReport["predictions"] {
  if (!predictor) return null;
  const { predictor: name, lastInvalidLine, ...rest } = predictor.report();
  return isAdmin ? { predictor: name, lastInvalidLine, ...rest } : rest;
}

/** Returns the same facts in the shape of uStreamer's `/state`, for clients that know that one (https://github.com/pikvm/ustreamer). */
export function ustreamerState(
  { state, fps, width, height }: CameraReport,
  viewers: readonly Pick<SessionReport, "id" | "fps">[],
): object {
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
          viewers.map((viewer) => [
            viewer.id,
            {
              fps: Math.round(viewer.fps),
              extra_headers: false,
              advance_headers: false,
              dual_final_frames: false,
              zero_data: false,
              key: "0",
            },
          ]),
        ),
      },
    },
  };
}
