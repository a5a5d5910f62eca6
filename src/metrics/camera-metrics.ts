import { Counter, Gauge } from "prom-client";
import type { Camera } from "../camera/camera.ts";
import type { PredictorReport } from "../predict/predictor.ts";

/** A value and its labels besides the camera. */
export type Sample = [labels: Record<string, string>, value: number];

/** A metric of every camera. */
export interface Metric {
  readonly kind: typeof Counter | typeof Gauge;
  /** Follows `teecam_`. */
  readonly name: string;
  readonly help: string;
  /** Besides the camera. @default none */
  readonly labels?: readonly string[];
  readonly samples: (camera: Camera) => Iterable<Sample>;
}

/** The metrics of a camera. */
export const measures: readonly Metric[] = [
  {
    kind: Counter,
    name: "frames_received_total",
    help: "Frames that cameras gave",
    samples: ({ input }) => [[{}, input.frames]],
  },
  {
    kind: Counter,
    name: "bytes_received_total",
    help: "Bytes that sources gave",
    samples: ({ input }) => [[{}, input.bytes]],
  },
  {
    kind: Counter,
    name: "bytes_skipped_total",
    help: "Bytes of sources that belong to no frame",
    samples: ({ input }) => [[{}, input.skipped]],
  },
  {
    kind: Counter,
    name: "frames_lost_total",
    help: "Frames of sources that reach no viewer",
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
    name: "restarts_total",
    help: "Runs of sources that ended although they were still wanted",
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
    help: "1 for the present state of a camera",
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
    help: "Runs of predictors that ended although they were still wanted",
    samples: ofPredictions(({ restarts }) => [[{}, restarts]]),
  },
  {
    kind: Counter,
    name: "predictor_invalid_lines_total",
    help: "Lines of predictors that are no answer",
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
];

/** Returns samples of a camera's predictor for all viewers; none where it has none. */
function ofPredictions(samples: (report: PredictorReport) => Sample[]): Metric["samples"] {
  return ({ predictor }) => (predictor ? samples(predictor.report()) : []);
}

function byReason(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}
