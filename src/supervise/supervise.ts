import { summarize } from "../failure.ts";
import { Demand } from "./demand.ts";
import { type Change, Run, type RunOptions, type Start } from "./run.ts";
import { wait } from "./wait.ts";

/**
 * Options for {@link supervise}. Times are milliseconds.
 *
 * @example
 * ```ts
 * const options: SuperviseOptions<Frame> = {
 *   onChange: ({ phase, cause }) => console.log(phase, cause ?? ""),
 *   firstAfter: 20_000,
 *   stallAfter: 5000,
 * };
 * ```
 */
export interface SuperviseOptions<T = unknown> {
  /** Called at every change of phase, in order. */
  readonly onChange?: ((change: Change) => void) | undefined;
  /** Maps a chunk, or drops it by returning undefined; a dropped chunk still counts as data. @default passes all on */
  readonly pass?: ((chunk: T) => T | undefined) | undefined;
  /** Closes the stream when a run closes; otherwise another run follows. @default false */
  readonly finite?: boolean | undefined;
  /** Opening a run waits for a peer to connect: without a deadline, and without a delay after the run. @default false */
  readonly awaited?: boolean | undefined;
  /** Time without a first chunk after which a run is stalled; after twice that it is ended. @default `stallAfter` */
  readonly firstAfter?: number | undefined;
  /** The same from the first chunk on, or five of the run's own periods if longer; Infinity for never. @default 5000 */
  readonly stallAfter?: number | undefined;
  /**
   * Returns when the source last showed activity without a chunk, in milliseconds of `performance.now()`; Infinity while no
   * chunks are expected. @default only chunks count
   */
  readonly lastSign?: RunOptions["lastSign"];
  /** Returns the time between two chunks, if known in advance. @default measured from the chunks */
  readonly period?: RunOptions["period"];
  /** Runs only while there is demand; each `acquire` makes an attempt at once. @default constant demand */
  readonly demand?: Demand | undefined;
}

/** Default of `stallAfter`, in milliseconds. */
export const defaultStallAfter = 5000;

const backoff = { first: 500, max: 30_000 }; // milliseconds
const minInterval = 500; // milliseconds between attempts, whatever the demand
const noDemand = new Error("no demand");

/**
 * Restarts whatever fails, and joins all runs into one stream.
 *
 * When a run that delivered chunks ends, errors or stalls, the next one starts at once, but not earlier than 0.5 s after
 * the start of this one. After a run without a chunk it starts after a random delay below a bound that doubles from 0.5 s
 * to 30 s (full jitter, https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/), and not before
 * the `retryAfter` milliseconds that an error may carry, whatever the demand. An `awaited` run that delivered chunks and
 * closed did not fail: the next one starts without a `restarting` phase.
 *
 * Chunks of two runs never mix. The stream closes when a `finite` run closes, never errors, and buffers no chunk. Read it
 * all the time, because a chunk that is not read counts as silence. Cancelling it ends the run.
 *
 * @example
 * ```ts
 * const open = async (signal: AbortSignal) => {
 *   const { body } = await fetch(url, { signal });
 *   return body.pipeThrough(new FrameParserStream());
 * };
 * for await (const frame of supervise(open, { stallAfter: 2000 })) console.log(frame.sequence);
 * ```
 */
export function supervise<T>(start: Start<T>, options: SuperviseOptions<T> = {}): ReadableStream<T> {
  const { onChange = () => {}, pass = (chunk: T) => chunk, finite = false, awaited = false } = options;
  const { stallAfter = defaultStallAfter, firstAfter = stallAfter, lastSign, period, demand = new Demand() } = options;
  const lifetime = new AbortController();
  const cancelled = [lifetime.signal, "abort"] as const;
  let run: Run<T> | undefined;
  let earliestStart = Number.NEGATIVE_INFINITY;
  let failures = 0;

  const endWithoutDemand = () => void run?.end(noDemand);
  demand.addEventListener("idle", endWithoutDemand);
  const waitInterval = () => wait(Math.max(0, earliestStart - performance.now()), [cancelled, [demand, "idle"]]);

  const begin = async (): Promise<Run<T> | undefined> => {
    if (!demand.wanted) onChange({ phase: "idle" });
    while (!demand.wanted && !lifetime.signal.aborted) {
      await wait(Number.POSITIVE_INFINITY, [cancelled, [demand, "acquire"]]);
      if (!lifetime.signal.aborted) await waitInterval();
    }
    if (lifetime.signal.aborted) return undefined;
    earliestStart = performance.now() + minInterval;
    return new Run(start, { onChange, awaited, firstAfter, stallAfter, lastSign, period });
  };

  const backOff = async ({ uptime }: Run<T>, error: unknown): Promise<void> => {
    earliestStart = Math.max(earliestStart, performance.now() + retryAfterOf(error));
    failures = uptime > 0 ? 0 : failures + 1;
    const random = failures === 0 ? 0 : Math.random() * Math.min(backoff.max, backoff.first * 2 ** (failures - 1));
    const delay = Math.max(random, earliestStart - performance.now());
    const event = await wait(Math.max(0, delay), [cancelled, [demand, "acquire"], [demand, "idle"]]);
    if (event === "acquire") await waitInterval();
  };

  return new ReadableStream<T>(
    {
      async pull(controller) {
        while (!lifetime.signal.aborted) {
          run ??= await begin();
          if (!run) return;
          const next = await run.next();
          if (lifetime.signal.aborted) return;
          if (!next.done) {
            const chunk = pass(next.value);
            if (chunk === undefined) continue;
            return controller.enqueue(chunk);
          }
          const ended = run;
          run = undefined;
          if (next.error === noDemand) {
            failures = 0;
            continue;
          }
          if (finite && next.error === undefined) {
            demand.removeEventListener("idle", endWithoutDemand);
            onChange({ phase: "ended" });
            return controller.close();
          }
          if (awaited && ended.uptime > 0 && next.error === undefined) continue; // the peer left: wait for the next one
          onChange({ phase: ended.uptime > 0 ? "restarting" : "failed", ...reasonOf(next.error) });
          if (!awaited || !ended.opened) await backOff(ended, next.error);
        }
      },
      async cancel(reason) {
        demand.removeEventListener("idle", endWithoutDemand);
        lifetime.abort(reason);
        await run?.end(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

function reasonOf(error: unknown): Pick<Change, "detail" | "cause"> {
  if (error === undefined) return { detail: "stream ended", cause: "stream ended" };
  return { detail: summarize(error), cause: error instanceof Error ? error.message : String(error) };
}

/** Returns the milliseconds to wait that an error carries, such as from a `Retry-After` header. */
function retryAfterOf(error: unknown): number {
  return error instanceof Error && "retryAfter" in error && typeof error.retryAfter === "number" ? error.retryAfter : 0;
}
