import { Counter, Gauge } from "prom-client";
import type { Camera } from "../camera/camera.ts";

/** A value, and its labels besides the camera. */
export type Sample = [labels: Record<string, string>, value: number];

/** Something that is told of every camera, whenever somebody asks. */
export interface Metric {
  readonly kind: typeof Counter | typeof Gauge;
  /** Behind `teecam_`. */
  readonly name: string;
  readonly help: string;
  /** Besides the camera. @default none */
  readonly labels?: readonly string[];
  readonly samples: (camera: Camera) => Iterable<Sample>;
}

/** What a camera tells of itself. */
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
    name: "restarts_total",
    help: "Runs of sources that ended before they should",
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
    help: "1 for the state that a camera is in",
    labels: ["state"],
    samples: ({ state }) => [[{ state: state.state }, 1]],
  },
  {
    kind: Counter,
    name: "predictions_total",
    help: "Answers of what predicts for all viewers",
    samples: ofPredictions(({ answered }) => [[{}, answered]]),
  },
  {
    kind: Counter,
    name: "predictor_failures_total",
    help: "Runs of what predicts that ended before they should",
    samples: ofPredictions(({ failed }) => [[{}, failed]]),
  },
  {
    kind: Counter,
    name: "predictor_invalid_lines_total",
    help: "Lines of what predicts that are no answer",
    labels: ["reason"],
    samples: ofPredictions(({ malformed, unsolicited, mismatched }) =>
      byReason({ malformed, unsolicited, mismatched }),
    ),
  },
  {
    kind: Gauge,
    name: "prediction_age_seconds",
    help: "Age of the newest answer",
    samples: ofPredictions(({ age }) => (age === null ? [] : [[{}, age / 1000]])),
  },
  {
    kind: Gauge,
    name: "predictors",
    help: "Predictors that run for one viewer each",
    samples: ({ privatePredictors }) => [[{}, privatePredictors]],
  },
];

type Report = ReturnType<NonNullable<Camera["predictions"]>["report"]>;

/** Of what predicts for all viewers of a camera; nothing where nothing does. */
function ofPredictions(samples: (report: Report) => Sample[]): Metric["samples"] {
  return ({ predictions }) => (predictions ? samples(predictions.report()) : []);
}

function byReason(counts: Readonly<Record<string, number>>): Sample[] {
  return Object.entries(counts).map(([reason, count]) => [{ reason }, count]);
}
