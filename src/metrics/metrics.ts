import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Camera } from "../camera/camera.ts";
import type { BranchStatus } from "../relay/peer.ts";
import type { Session } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { type Metric, measures, type Sample } from "./camera-metrics.ts";

/** Options for {@link Metrics}. */
export interface MetricsOptions {
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  /** Returns how many viewers were refused, by the limit that was reached. */
  readonly refused: () => Readonly<Record<string, number>>;
}

/** Sums over branches; those of ended ones are kept, so that no counter goes back when a viewer leaves. */
interface Sum {
  sent: number;
  readonly dropped: { replaced: number; rate: number; age: number };
}

const lagBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]; // seconds

/**
 * The metrics for Prometheus, in its text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * Everything is read off cameras and sessions at a scrape, so that frames cost nothing more. Lags are sampled: one
 * observation for each viewer and scrape. Labels are camera, transport, state and reason.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #past = new Map<string, Map<string, Sum>>(); // by camera and transport
  #hasDefaults = false;

  constructor(options: MetricsOptions) {
    this.#options = options;
    for (const measure of measures) this.#add(measure);
    this.#add({
      kind: Gauge,
      name: "viewers",
      help: "Viewers that watch now",
      labels: ["transport"],
      samples: ({ id }) => options.sessions.of(id).map(({ transport }) => [{ transport }, 1]),
    });
    this.#add({
      kind: Counter,
      name: "frames_sent_total",
      help: "Frames handed to viewers",
      labels: ["transport"],
      samples: ({ id }) => this.#sums(id).map(([transport, { sent }]) => [{ transport }, sent]),
    });
    this.#add({
      kind: Counter,
      name: "frames_dropped_total",
      help: "Frames that viewers did not get",
      labels: ["transport", "reason"],
      samples: ({ id }) =>
        this.#sums(id).flatMap(([transport, { dropped }]) =>
          Object.entries(dropped).map(([reason, count]): Sample => [{ transport, reason }, count]),
        ),
    });

    const registers = [this.#registry];
    const { refused } = options;
    new Counter({
      name: "teecam_viewers_refused_total",
      help: "Viewers refused, by the limit that was reached",
      labelNames: ["reason"],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(refused())) this.inc({ reason }, count);
      },
    });
    const { cameras, sessions } = options;
    new Histogram({
      name: "teecam_viewer_lag_seconds",
      help: "Age of the newest frame known to have reached a viewer, sampled at each scrape",
      labelNames: ["camera", "transport"],
      buckets: lagBuckets,
      registers,
      collect() {
        for (const id of cameras.keys()) {
          for (const { transport, lag } of sessions.report(id)) {
            if (lag !== null) this.observe({ camera: id, transport }, lag / 1000);
          }
        }
      },
    });
  }

  /** Content-Type of `text()`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Keeps the counters of a branch that has ended. */
  keep(session: Session, branch: BranchStatus): void {
    const camera = branch.track?.camera;
    if (camera === undefined) return;
    const past = this.#past.get(camera) ?? new Map<string, Sum>();
    this.#past.set(camera, past);
    add(past, session, branch);
  }

  /** Returns the metrics of the cameras that `includes` accepts, and of the process: its memory and event loop. @default all */
  async text(includes: (camera: string) => boolean = () => true): Promise<string> {
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry }); // they cost something, so not before
    this.#hasDefaults = true;
    const lines = (await this.#registry.metrics()).split("\n");
    return lines.filter((line) => includesLine(line, includes)).join("\n");
  }

  /** Returns the sums over a camera's branches, past and present, by transport. */
  #sums(camera: string): [transport: string, Sum][] {
    const past = [...(this.#past.get(camera) ?? [])];
    const sums = new Map(past.map(([transport, { sent, dropped }]) => [transport, { sent, dropped: { ...dropped } }]));
    for (const session of this.#options.sessions.of(camera)) {
      for (const branch of session.branches) if (branch.track?.camera === camera) add(sums, session, branch);
    }
    return [...sums];
  }

  #add({ kind: Kind, name, help, labels = [], samples }: Metric): void {
    const { cameras } = this.#options;
    new Kind({
      name: `teecam_${name}`,
      help,
      labelNames: ["camera", ...labels],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const camera of cameras.values()) {
          for (const [rest, value] of samples(camera)) this.inc({ camera: camera.id, ...rest }, value);
        }
      },
    });
  }
}

/** Predictions beside pictures count as their own transport. */
function add(sums: Map<string, Sum>, { transport }: Session, { track, sent, dropped }: BranchStatus): void {
  const label = track?.kind === "predictions" ? "predictions" : transport;
  const sum = sums.get(label) ?? { sent: 0, dropped: { replaced: 0, rate: 0, age: 0 } };
  sum.sent += sent;
  for (const reason of ["replaced", "rate", "age"] as const) sum.dropped[reason] += dropped[reason];
  sums.set(label, sum);
}

/** Tells whether a line may be shown: one of another camera may not. The name of a camera needs no escapes. */
function includesLine(line: string, includes: (camera: string) => boolean): boolean {
  const [, camera] = /^\w+\{(?:[^}]*,)?camera="([^"]*)"/.exec(line) ?? [];
  return camera === undefined || includes(camera);
}
