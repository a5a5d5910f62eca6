import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Camera } from "../camera/camera.ts";
import type { BranchStatus } from "../relay/peer.ts";
import type { RtcHost } from "../rtc/host.ts";
import type { Session } from "../session/session.ts";
import type { Sessions } from "../session/sessions.ts";
import { cameraMetrics, type Metric, type Sample } from "./camera-metrics.ts";

/** Options for {@link Metrics}. */
export interface MetricsOptions {
  readonly cameras: ReadonlyMap<string, Camera>;
  readonly sessions: Sessions;
  /** Speaks WebRTC. @default none */
  readonly rtc?: Pick<RtcHost, "size" | "ended" | "restarts"> | undefined;
  /** Returns the number of viewers refused, by limit. */
  readonly refused: () => Readonly<Record<string, number>>;
}

/** Counters summed over branches. Those of ended branches are kept, so that no counter decreases when a viewer leaves. */
interface Totals {
  sent: number;
  readonly dropped: { replaced: number; rate: number; age: number };
}

const lagBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]; // seconds

/**
 * Collects the metrics for Prometheus, in its text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
 *
 * Reads them from cameras and sessions at each scrape, so that frames cost nothing extra. Lag is sampled: one observation
 * per viewer and scrape. Labels are camera, transport, state and reason.
 */
export class Metrics {
  readonly #options: MetricsOptions;
  readonly #registry = new Registry();
  readonly #ended = new Map<string, Map<string, Totals>>(); // by camera and transport
  #hasDefaults = false;

  constructor(options: MetricsOptions) {
    this.#options = options;
    for (const metric of cameraMetrics) this.#add(metric);
    this.#add({
      kind: Gauge,
      name: "viewers",
      help: "Current viewers",
      labels: ["transport"],
      samples: ({ id }) => options.sessions.of(id).map(({ transport }) => [{ transport }, 1]),
    });
    this.#add({
      kind: Counter,
      name: "frames_sent_total",
      help: "Frames passed to the connections of viewers",
      labels: ["transport"],
      samples: ({ id }) => this.#totals(id).map(([transport, { sent }]) => [{ transport }, sent]),
    });
    this.#add({
      kind: Counter,
      name: "frames_dropped_total",
      help: "Frames that were not sent to a viewer",
      labels: ["transport", "reason"],
      samples: ({ id }) =>
        this.#totals(id).flatMap(([transport, { dropped }]) =>
          Object.entries(dropped).map(([reason, count]): Sample => [{ transport, reason }, count]),
        ),
    });

    const registers = [this.#registry];
    const { refused } = options;
    new Counter({
      name: "teecam_viewers_refused_total",
      help: "Viewers refused, by limit",
      labelNames: ["reason"],
      registers,
      collect() {
        this.reset();
        for (const [reason, count] of Object.entries(refused())) this.inc({ reason }, count);
      },
    });
    if (options.rtc) addRtc(options.rtc, registers);
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

  /** Content-Type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds the counters of a branch that has ended. */
  addEnded(session: Session, branch: BranchStatus): void {
    const camera = branch.track?.camera;
    if (camera === undefined) return;
    const totals = this.#ended.get(camera) ?? new Map<string, Totals>();
    this.#ended.set(camera, totals);
    add(totals, session, branch);
  }

  /** Returns the metrics of the cameras that `includes` accepts, and of the process: its memory and event loop. @default all */
  async text(includes: (camera: string) => boolean = () => true): Promise<string> {
    if (!this.#hasDefaults) collectDefaultMetrics({ register: this.#registry }); // they cost something, so not before
    this.#hasDefaults = true;
    const lines = (await this.#registry.metrics()).split("\n");
    return lines.filter((line) => includesLine(line, includes) && !isUnmeasured(line)).join("\n");
  }

  /** Returns the totals over a camera's branches, open and ended, by transport. */
  #totals(camera: string): [transport: string, Totals][] {
    const ended = [...(this.#ended.get(camera) ?? [])];
    const totals = new Map(
      ended.map(([transport, { sent, dropped }]) => [transport, { sent, dropped: { ...dropped } }]),
    );
    for (const session of this.#options.sessions.of(camera)) {
      for (const branch of session.branches) if (branch.track?.camera === camera) add(totals, session, branch);
    }
    return [...totals];
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

function addRtc(rtc: Pick<RtcHost, "size" | "ended" | "restarts">, registers: Registry[]): void {
  new Gauge({
    name: "teecam_webrtc_peers",
    help: "WebRTC peers, connected or about to be",
    registers,
    collect() {
      this.set(rtc.size);
    },
  });
  new Counter({
    name: "teecam_webrtc_peers_ended_total",
    help: "WebRTC peers that have ended, by reason",
    labelNames: ["reason"],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(rtc.ended)) this.inc({ reason }, count);
    },
  });
  new Counter({
    name: "teecam_webrtc_restarts_total",
    help: "Times that the process for WebRTC has ended although it had peers",
    registers,
    collect() {
      this.reset();
      this.inc(rtc.restarts);
    },
  });
}

/** Adds a branch to the totals of its transport. Predictions sent along with pictures count as one of their own. */
function add(totals: Map<string, Totals>, { transport }: Session, { track, sent, dropped }: BranchStatus): void {
  const label = track?.kind === "predictions" ? "predictions" : transport;
  const sum = totals.get(label) ?? { sent: 0, dropped: { replaced: 0, rate: 0, age: 0 } };
  sum.sent += sent;
  for (const reason of ["replaced", "rate", "age"] as const) sum.dropped[reason] += dropped[reason];
  totals.set(label, sum);
}

/** Tells whether a line is the lag of the event loop before its first measurement: NaN, or a minimum of 292 years. */
function isUnmeasured(line: string): boolean {
  const [, value] = /^nodejs_eventloop_lag_\w+ (\S+)$/.exec(line) ?? [];
  return value !== undefined && !(Number(value) < 1e6);
}

/** Tells whether a line may be shown: one of another camera may not. The name of a camera needs no escapes. */
function includesLine(line: string, includes: (camera: string) => boolean): boolean {
  const [, camera] = /^\w+\{(?:[^}]*,)?camera="([^"]*)"/.exec(line) ?? [];
  return camera === undefined || includes(camera);
}
