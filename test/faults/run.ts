import { commands } from "./commands.ts";
import { configurations } from "./configurations.ts";
import type { Fault } from "./fault.ts";
import { files } from "./files.ts";
import { Harness } from "./harness.ts";
import { LeakCheck } from "./leak-check.ts";
import { predictors } from "./predictors.ts";
import { programs } from "./programs.ts";
import { pushers } from "./pushers.ts";
import { viewers } from "./viewers.ts";
import { writers } from "./writers.ts";

/** How often, and which. */
export interface FaultOptions {
  /** How often each fault is injected. */
  readonly times: number;
  /** Only faults whose name contains this. @default all */
  readonly only?: string | undefined;
}

/** The outcome of one fault. */
export interface FaultReport {
  readonly name: string;
  /** How often the promise held. */
  readonly kept: number;
  /** Milliseconds. */
  readonly slowest: number;
  /** Why not, and how often. */
  readonly failures: ReadonlyMap<string, number>;
  /** What is more than before: processes, zombies, descriptors, timers. */
  readonly left: readonly string[];
}

/** Injects every fault so many times, and yields after each what was promised, kept and left over. */
export async function* injectAll({ times, only = "" }: FaultOptions): AsyncGenerator<FaultReport> {
  for (const fault of [
    ...commands,
    ...writers,
    ...files,
    ...pushers,
    ...predictors,
    ...viewers,
    ...programs,
    ...configurations,
  ].filter(({ name }) => name.includes(only))) {
    await (await Harness.open()).close(); // what is made once for all is made before it is counted
    const leakCheck = new LeakCheck();
    const harness = await Harness.open();
    const failures = new Map<string, number>();
    const durations = await inject(fault, { harness, times, failures });
    await harness.close();
    const slowest = Math.max(0, ...durations);
    yield { name: fault.name, kept: durations.length, slowest, failures, left: await leakCheck.settled() };
  }
}

async function inject(
  fault: Fault,
  { harness, times, failures }: { harness: Harness; times: number; failures: Map<string, number> },
): Promise<number[]> {
  const durations: number[] = [];
  let number = 0;
  const work = async () => {
    while (number < times) {
      const begun = performance.now();
      try {
        await fault.inject(harness, number++);
        durations.push(performance.now() - begun);
      } catch (error) {
        const why = (error instanceof Error ? error.message : String(error)).replace(/-\d+/g, "-N");
        failures.set(why, (failures.get(why) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: fault.parallel ?? 4 }, work));
  return durations;
}
