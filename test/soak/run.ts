import { type Holding, imbalance, take } from "./gauge.ts";
import { Harness } from "./harness.ts";

/** How long, and how random. */
export interface SoakOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Hears of what goes on, a line at a time. @default nobody */
  readonly onLine?: (line: string) => void;
}

/** What a soak has shown. */
export interface SoakReport {
  /** How often each thing was done. */
  readonly done: Readonly<Record<string, number>>;
  readonly before: Holding;
  readonly after: Holding;
  /** Megabytes of resident memory at minute five, or halfway, and in the last half minute: medians of half a minute. */
  readonly memory: readonly [early: number, late: number];
  /** What does not balance, a line each; none if all does. */
  readonly faults: readonly string[];
}

const tellEvery = 10_000; // milliseconds
const memoryBound = 0.1; // of minute five, in runs of ten minutes and more

/** Runs the program under a random schedule of viewers and faults, and looks whether all it held has been given back. */
export async function soak({ minutes, seed, onLine = () => {} }: SoakOptions): Promise<SoakReport> {
  const harness = await Harness.open(seed);
  try {
    const before = await harness.settle();
    harness.watch();
    onLine(tell(0, before));
    const memory: { at: number; megabytes: number }[] = [];
    const begun = performance.now();
    const length = minutes * 60_000;
    for (let told = 0; performance.now() - begun < length; ) {
      await harness.act();
      const at = performance.now() - begun;
      if (at - told < tellEvery) continue;
      told = at;
      const holding = await take(harness.server);
      memory.push({ at, megabytes: holding.memory });
      onLine(tell(at, holding));
    }
    const after = await harness.settle(before);
    const early = Math.min(300_000, length / 2);
    const levels = [median(memory, early - 15_000), median(memory, length - 30_000)] as const;
    const faults = [...harness.faults, ...imbalance(before, after)];
    if (minutes >= 10 && levels[1] > levels[0] * (1 + memoryBound)) {
      faults.push(`memory went from ${levels[0]} to ${levels[1]} MB`);
    }
    return { done: harness.done, before, after, memory: levels, faults };
  } finally {
    await harness.close();
  }
}

function median(memory: readonly { at: number; megabytes: number }[], from: number): number {
  const some = memory.filter(({ at }) => at >= from && at <= from + 30_000).map(({ megabytes }) => megabytes);
  return some.sort((one, other) => one - other)[some.length >> 1] ?? 0;
}

function tell(at: number, { memory, descriptors, processes, viewers, frames }: Holding): string {
  const time = new Date(at).toISOString().slice(11, 19);
  return `${time}  ${memory} MB  ${descriptors.length} descriptors  ${processes.length} processes  ${viewers} sessions  ${frames} frames`;
}
