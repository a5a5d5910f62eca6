import type { Logger } from "../log.ts";
import type { TrackState } from "../relay/state.ts";

const minute = 60_000; // milliseconds
const maxReasons = 10;

/** The failures of a camera, from the first one until the camera has been live for a minute. */
interface FailureSeries {
  readonly since: number;
  /** When the next failure is logged, in milliseconds of `performance.now()`; its distance from `since` doubles each time. */
  due: number;
  /** Number of failures not logged since the last one that was. */
  skipped: number;
  /** Reasons that have been logged, without the numbers in them. */
  readonly reasons: Set<string>;
  liveSince: number | undefined;
}

/**
 * Logs the states of a camera: a failure at once, the same failure again after 1, 2, 4, 8, … minutes with a count, and
 * `live` whenever another state was logged before.
 */
export class StateLog {
  readonly #camera: string;
  readonly #log: Logger;
  #failures: FailureSeries | undefined;
  #last: TrackState["state"] | undefined; // that was logged

  constructor(camera: string, log: Logger) {
    this.#camera = camera;
    this.#log = log;
  }

  /** Logs a state, unless it repeats what has been logged; a stall that is `expected` is no failure. */
  write(state: TrackState, { expected = false }: { readonly expected?: boolean } = {}): void {
    if (state.state === "stalled" && expected) {
      this.#log.debug("{camera} stalled: {cause}", { camera: this.#camera, cause: state.cause });
      return;
    }
    switch (state.state) {
      case "failed":
      case "stalled":
      case "restarting":
        this.#writeFailure(state);
        break;
      case "starting":
        this.#log.debug("{camera} starting", { camera: this.#camera });
        break;
      case "live":
        if (this.#failures) this.#failures.liveSince ??= performance.now();
        if (this.#last !== "live") this.#write("info", state);
        break;
      case "waiting":
        if (this.#last !== "waiting") this.#write("info", state);
        break;
      default:
        this.#write("info", state);
    }
  }

  #writeFailure(state: TrackState): void {
    const now = performance.now();
    const before = this.#failures;
    const isOver = !before || (before.liveSince !== undefined && now - before.liveSince > minute);
    const reason = `${state.state}: ${state.cause ?? ""}`.replaceAll(/\d[\d.]*/g, "#");
    if (isOver) {
      this.#failures = { since: now, due: now + minute, skipped: 0, reasons: new Set([reason]), liveSince: undefined };
      this.#write("warn", state);
      return;
    }
    before.liveSince = undefined;
    if (now >= before.due) {
      before.due = now + (now - before.since);
      this.#write("warn", state, before.skipped === 0 ? "" : ` (${describe(before, now)})`);
      before.skipped = 0;
    } else if (!before.reasons.has(reason) && before.reasons.size < maxReasons) {
      before.reasons.add(reason);
      this.#write("warn", state);
    } else before.skipped++;
  }

  #write(level: "info" | "warn", state: TrackState, more = ""): void {
    this.#last = state.state;
    const isOfRunBefore = state.state === "starting" || state.state === "waiting"; // its cause speaks of the run before
    const text = state.cause === null || isOfRunBefore ? `{camera} {state}${more}` : `{camera} {state}: {cause}${more}`;
    this.#log[level](text, { camera: this.#camera, state: state.state, cause: state.cause });
  }
}

function describe({ skipped, since }: FailureSeries, now: number): string {
  const minutes = Math.round((now - since) / minute);
  return `and ${skipped} ${skipped === 1 ? "time" : "times"} more in the last ${minutes} min`;
}
