import type { Camera } from "../camera/camera.ts";
import type { FilteredFrames } from "../camera/frame-filter.ts";
import type { ParserStats } from "../media/parser-stats.ts";
import type { PredictionsReport } from "../predict/predictions.ts";
import type { SessionReport } from "../session/session.ts";

/** What of a predictor is for those on this machine. */
type Inner = "predictor" | "stray";

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
  /** What came in, over all runs: bytes that belong to no frame, and frames that were dropped, by reason. */
  readonly input: Pick<ParserStats, "bytes" | "skipped" | "dropped">;
  /** Runs of its source that ended before they should. */
  readonly restarts: number;
  /** Good frames that nobody got, over all runs, by reason. */
  readonly filtered: FilteredFrames;
  /** How what predicts for all viewers fares; null where nothing does. */
  readonly predictions: (Omit<PredictionsReport, Inner> & Partial<Pick<PredictionsReport, Inner>>) | null;
  /** The names of the predictors that a viewer may choose. */
  readonly predictors: readonly string[];
  readonly viewers: readonly SessionReport[];
}

/** Describes a camera; what only this machine may know, sources and addresses, is shown if `local`. */
export function report(
  camera: Camera,
  sessions: readonly SessionReport[],
  { local }: { readonly local: boolean },
): CameraReport {
  const { newest, state, input } = camera;
  return {
    id: camera.id,
    ...(local ? { source: camera.source } : {}),
    ...state,
    fps: Math.round(camera.fps * 100) / 100,
    width: newest?.width ?? null,
    height: newest?.height ?? null,
    age: ageOf(camera),
    sequence: newest?.sequence ?? null,
    input: { bytes: input.bytes, skipped: input.skipped, dropped: input.dropped },
    restarts: camera.restarts,
    filtered: camera.filtered,
    predictions: predictionsOf(camera, local),
    predictors: camera.predictors,
    viewers: local ? sessions : sessions.map(({ remote: _, ...rest }) => rest),
  };
}

/** What a predictor is, and prints, is for this machine alone, as a camera's source is. */
function predictionsOf({ predictions }: Camera, local: boolean): CameraReport["predictions"] {
  if (!predictions) return null;
  const { predictor, stray, ...rest } = predictions.report();
  return local ? { predictor, stray, ...rest } : rest;
}

/** Milliseconds since a camera's newest frame arrived; null before the first. */
export function ageOf({ newest }: Camera): number | null {
  return newest ? Math.round(performance.now() - newest.arrival) : null;
}

/** The same facts in the shape of uStreamer's `/state`, for clients that know that one (https://github.com/pikvm/ustreamer). */
export function ustreamerState({ state, fps, width, height, viewers }: CameraReport): unknown {
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
