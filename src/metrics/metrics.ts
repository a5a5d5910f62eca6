import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Camera } from "../camera/camera.ts";
import type { SessionReport } from "../session/session.ts";
import { type Metric, measures, type Sample } from "./camera-metrics.ts";

/** What is counted. */
export interface MetricsOptions {
  readonly cameras: ReadonlyMap<string, Camera>;
  /** The sessions of a camera that have not ended. */
  readonly sessions: (camera: string) => readonly SessionReport[];
  /** How many viewers found no place, by what was full. */
  readonly refused: () => Readonly<Record<string, number>>;
}

/** Frames of ended sessions, so that no counter goes back when a viewer leaves. */
interface Past {
  sent: number;
  readonly dropped: { replaced: number; rate: number; age: number };
}

const lagBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]; // seconds

/**
 * What Prometheus scrapes, in its text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * Everything is read off cameras and sessions when it is asked for, so that frames cost nothing more. Lags are sampled: one
 * observation for each viewer and scrape. Labels are camera, transport, state and reason.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #past = new Map<string, Past>();
  #hasDefaults = false;

  constructor(options: MetricsOptions) {
    this.#options = options;
    for (const measure of measures) this.#add(measure);
    this.#add({
      kind: Gauge,
      name: "viewers",
      help: "Viewers that watch now",
      labels: ["transport"],
      samples: ({ id }) => options.sessions(id).map(({ transport }) => [{ transport }, 1]),
    });
    this.#add({
      kind: Counter,
      name: "frames_sent_total",
      help: "Frames handed to viewers",
      labels: ["transport"],
      samples: ({ id }) => this.#sums(id).map(({ transport, sent }) => [{ transport }, sent]),
    });
    this.#add({
      kind: Counter,
      name: "frames_dropped_total",
      help: "Frames that viewers did not get",
      labels: ["transport", "reason"],
      samples: ({ id }) =>
        this.#sums(id).flatMap(({ transport, dropped }) =>
          Object.entries(dropped).map(([reason, count]): Sample => [{ transport, reason }, count]),
        ),
    });

    const registers = [this.#registry];
    const { refused } = options;
    new Counter({
      name: "teecam_viewers_refused_total",
      help: "Viewers that found no place, by what was full",
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
      help: "How old the newest frame was that a viewer is known to have got, sampled at each scrape",
      labelNames: ["camera", "transport"],
      buckets: lagBuckets,
      registers,
      collect() {
        for (const id of cameras.keys()) {
          for (const { transport, lag } of sessions(id)) {
            if (lag !== null) this.observe({ camera: id, transport }, lag / 1000);
          }
        }
      },
    });
  }

  /** The Content-Type of what `text()` gives. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** A session has ended: what it counted is kept. */
  keep({ camera, transport, sent, dropped }: SessionReport): void {
    const key = JSON.stringify([camera, transport]);
    const past = this.#past.get(key) ?? { sent: 0, dropped: { replaced: 0, rate: 0, age: 0 } };
    past.sent += sent;
    for (const reason of ["replaced", "rate", "age"] as const) past.dropped[reason] += dropped[reason];
    this.#past.set(key, past);
  }

  /** Everything that is counted, the process's own memory and event loop included. */
  text(): Promise<string> {
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry }); // they cost something, so not before
    this.#hasDefaults = true;
    return this.#registry.metrics();
  }

  /** Frames of one camera's viewers, past and present, by transport. */
  #sums(camera: string): ({ transport: string } & Past)[] {
    const sums = new Map<string, { transport: string } & Past>();
    const add = (transport: string, { sent, dropped }: Pick<SessionReport, "sent" | "dropped">) => {
      const sum = sums.get(transport) ?? { transport, sent: 0, dropped: { replaced: 0, rate: 0, age: 0 } };
      sum.sent += sent;
      for (const reason of ["replaced", "rate", "age"] as const) sum.dropped[reason] += dropped[reason];
      sums.set(transport, sum);
    };
    for (const [key, past] of this.#past) {
      const [owner, transport] = JSON.parse(key);
      if (owner === camera) add(transport, past);
    }
    for (const session of this.#options.sessions(camera)) add(session.transport, session);
    return [...sums.values()];
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
