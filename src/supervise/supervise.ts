import { Demand } from "./demand.ts";
import { type Change, Run, type Start } from "./run.ts";
import { wait } from "./wait.ts";

/** How {@link supervise} is to go about it. Times are milliseconds. */
export interface SuperviseOptions<T = unknown> {
  /** Hears of every change, in order. */
  readonly onChange?: ((change: Change) => void) | undefined;
  /** What a chunk is passed on as, undefined if it is not; either way it is a sign of life. @default as it is */
  readonly pass?: ((chunk: T) => T | undefined) | undefined;
  /** A run that ends well is the last. @default false */
  readonly finite?: boolean | undefined;
  /** A run begins when somebody comes: it is awaited without a deadline, and anew at once. @default false */
  readonly awaited?: boolean | undefined;
  /** A run without a first chunk for so long is stalled; at twice that it is ended. @default `stallAfter` */
  readonly firstAfter?: number | undefined;
  /** As `firstAfter` from the first chunk on, or five of the run's own periods if that is longer; Infinity for never. @default 5000 */
  readonly stallAfter?: number | undefined;
  /** Who wants it: there is a run only while somebody does, and whoever comes makes an attempt at once. @default it is always wanted */
  readonly demand?: Demand | undefined;
}

const backoff = { first: 500, most: 30_000, healthy: 60_000 }; // milliseconds
const betweenAttempts = 500; // milliseconds, at least, however many come
const unwanted = new Error("nobody wants it");

/**
 * Strings run after run of anything that may die into one stream that goes on.
 *
 * A run that ends, errors or stalls is followed by the next one after a random delay, whose bound doubles from 0.5 s to
 * 30 s and starts over after a minute's health (full jitter, https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/).
 * An `awaited` run that has given chunks and ends well is none that failed: it is followed without a word of a restart.
 * Chunks of two runs never mix. The stream closes when a `finite` run ends well, never errors, and holds no chunk; it
 * wants to be read all the time, since a chunk that nobody reads counts as silence. Cancelling it ends the run.
 */
export function supervise<T>(start: Start<T>, options: SuperviseOptions<T> = {}): ReadableStream<T> {
  const { onChange = () => {}, pass = (chunk: T) => chunk, finite = false, awaited = false } = options;
  const { stallAfter = 5000, firstAfter = stallAfter, demand = new Demand() } = options;
  const life = new AbortController();
  const cancelled = [life.signal, "abort"] as const;
  let run: Run<T> | undefined;
  let begun = Number.NEGATIVE_INFINITY;
  let failures = 0;

  const endUnwanted = () => void run?.end(unwanted);
  demand.addEventListener("idle", endUnwanted);
  const rest = () => wait(Math.max(0, begun + betweenAttempts - performance.now()), [cancelled]);

  const begin = async (): Promise<Run<T> | undefined> => {
    if (!demand.wanted) onChange({ phase: "idle" });
    while (!demand.wanted && !life.signal.aborted) {
      await wait(Number.POSITIVE_INFINITY, [cancelled, [demand, "acquire"]]);
      if (!life.signal.aborted) await rest();
    }
    if (life.signal.aborted) return undefined;
    begun = performance.now();
    return new Run(start, { onChange, awaited, firstAfter, stallAfter });
  };

  const backOff = async ({ uptime }: Run<T>): Promise<void> => {
    failures = uptime > backoff.healthy ? 0 : failures + 1;
    const delay = Math.random() * Math.min(backoff.most, backoff.first * 2 ** (failures - 1));
    const why = await wait(delay, [cancelled, [demand, "acquire"], [demand, "idle"]]);
    if (why === "acquire") await rest();
  };

  return new ReadableStream<T>(
    {
      async pull(controller) {
        while (!life.signal.aborted) {
          run ??= await begin();
          if (!run) return;
          const next = await run.next();
          if (life.signal.aborted) return;
          if (!next.done) {
            const chunk = pass(next.value);
            if (chunk === undefined) continue;
            return controller.enqueue(chunk);
          }
          const ended = run;
          run = undefined;
          if (next.error === unwanted) {
            failures = 0;
            continue;
          }
          if (finite && next.error === undefined) {
            demand.removeEventListener("idle", endUnwanted);
            onChange({ phase: "ended" });
            return controller.close();
          }
          if (awaited && ended.uptime > 0 && next.error === undefined) continue; // who came has left: the next one is awaited
          onChange({ phase: ended.uptime > 0 ? "restarting" : "failed", detail: describe(next.error) });
          if (!awaited || !ended.opened) await backOff(ended);
        }
      },
      async cancel(reason) {
        demand.removeEventListener("idle", endUnwanted);
        life.abort(reason);
        await run?.end(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function describe(error: unknown): string {
  if (error === undefined) return "it ended";
  return error instanceof Error ? error.message : String(error);
}
