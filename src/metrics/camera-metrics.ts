import { Counter, Gauge } from "prom-client";
import type { Camera } from "../camera/camera.ts";
import type { PredictorReport } from "../predict/predictor.ts";
import type { VideoReport } from "../video/track.ts";

/** A value and its labels, in addition to `camera`. */
export type Sample = [labels: Record<string, string>, value: number];

/** A metric with samples of every camera. */
export interface Metric {
  readonly kind: typeof Counter | typeof Gauge;
  /** The name without `teecam_`. */
  readonly name: string;
  readonly help: string;
  /** Labels in addition to `camera`. @default none */
  readonly labels?: readonly string[];
  /** Returns the current values, at each scrape. */
  readonly samples: (camera: Camera) => Iterable<Sample>;
}

/** The metrics of a camera and its predictor. Those of viewers and of the whole server are in `metrics.ts`. */
export const cameraMetrics: readonly Metric[] = [
  {
    kind: Counter,
    name: "frames_received_total",
    help: "Frames received from sources",
    samples: ({ input }) => [[{}, input.frames]],
  },
  {
    kind: Counter,
    name: "bytes_received_total",
    help: "Bytes received from sources",
    samples: ({ input }) => [[{}, input.bytes]],
  },
  {
    kind: Counter,
    name: "bytes_skipped_total",
    help: "Bytes received that belong to no frame",
    samples: ({ input }) => [[{}, input.skipped]],
  },
  {
    kind: Counter,
    name: "frames_lost_total",
    help: "Frames received that were not offered to any viewer",
    labels: ["reason"],
    samples: ({ input, filtered }) => byReason({ ...input.dropped, ...filtered }),
  },
  {
    kind: Counter,
    name: "frames_repaired_total",
    help: "Frames of sources that were damaged, and delivered as decoders show them",
    samples: ({ input }) => [[{}, input.repaired]],
  },
  {
    kind: Counter,
    name: "frames_mistimed_total",
    help: "Frames of other teecams whose capture time was more than a day off, and was not believed",
    samples: ({ input }) => [[{}, input.mistimed]],
  },
  {
    kind: Counter,
    name: "restarts_total",
    help: "Runs of sources that failed, or ended while there was demand",
    samples: ({ restarts }) => [[{}, restarts]],
  },
  {
    kind: Gauge,
    name: "frame_age_seconds",
    help: "Age of the newest frame",
    samples: ({ newest }) => (newest ? [[{}, (performance.now() - newest.arrival) / 1000]] : []),
  },
  {
    kind: Gauge,
    name: "camera_state",
    help: "1 for the current state of a camera",
    labels: ["state"],
    samples: ({ state }) => [[{ state: state.state }, 1]],
  },
  {
    kind: Counter,
    name: "predictions_total",
    help: "Predictions made for all viewers",
    samples: ofPredictions(({ answered }) => [[{}, answered]]),
  },
  {
    kind: Counter,
    name: "predictor_restarts_total",
    help: "Runs of predictors that failed, or ended while there was demand",
    samples: ofPredictions(({ restarts }) => [[{}, restarts]]),
  },
  {
    kind: Counter,
    name: "predictor_invalid_lines_total",
    help: "Lines printed by predictors that are not answers",
    labels: ["reason"],
    samples: ofPredictions(({ invalidLines }) => byReason({ ...invalidLines })),
  },
  {
    kind: Gauge,
    name: "prediction_age_seconds",
    help: "Age of the newest prediction",
    samples: ofPredictions(({ age }) => (age === null ? [] : [[{}, age / 1000]])),
  },
  {
    kind: Gauge,
    name: "predictors",
    help: "Predictors that run for one viewer each",
    samples: ({ privatePredictors }) => [[{}, privatePredictors]],
  },
  {
    kind: Counter,
    name: "video_pictures_total",
    help: "Pictures coded for all viewers",
    samples: ofVideo(({ coded }) => coded),
  },
  {
    kind: Counter,
    name: "video_keys_total",
    help: "Coded pictures that depend on no other",
    samples: ofVideo(({ keys }) => keys),
  },
  {
    kind: Counter,
    name: "video_bytes_total",
    help: "Bytes of coded pictures",
    samples: ofVideo(({ bytes }) => bytes),
  },
  {
    kind: Counter,
    name: "video_restarts_total",
    help: "Runs of encoders that failed, or ended while there was demand",
    samples: ofVideo(({ restarts }) => restarts),
  },
  {
    kind: Gauge,
    name: "video_readers",
    help: "Current readers of coded pictures",
    samples: ofVideo(({ readers }) => readers),
  },
];

/** Samples the coded pictures of a camera, if it offers them. */
function ofVideo(value: (report: VideoReport) => number): Metric["samples"] {
  return ({ video }) => (video ? [[{}, value(video.report())]] : []);
}

/** Samples the predictor of a camera for all viewers, if there is one. */
function ofPredictions(samples: (report: PredictorReport) => Sample[]): Metric["samples"] {
  return ({ predictor }) => (predictor ? samples(predictor.report()) : []);
}

function byReason(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}
