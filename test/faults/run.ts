import { commands } from "./commands.ts";
import { configurations } from "./configurations.ts";
import type { Fault } from "./fault.ts";
import { files } from "./files.ts";
import { House } from "./house.ts";
import { Leftovers } from "./leftovers.ts";
import { predictors } from "./predictors.ts";
import { programs } from "./programs.ts";
import { pushers } from "./pushers.ts";
import { viewers } from "./viewers.ts";
import { writers } from "./writers.ts";

/** How often, and which. */
export interface FaultOptions {
  /** How often each fault is committed. */
  readonly times: number;
  /** Only faults whose name contains this. @default all */
  readonly only?: string | undefined;
}

/** What came of one fault. */
export interface FaultReport {
  readonly name: string;
  /** How often all that is promised happened. */
  readonly kept: number;
  /** Milliseconds. */
  readonly slowest: number;
  /** Why not, and how often. */
  readonly failures: ReadonlyMap<string, number>;
  /** What is more than before: processes, zombies, descriptors, timers. */
  readonly left: readonly string[];
}

/** Commits every fault so many times, and looks after each what is left over. */
export async function* commitAll({ times, only = "" }: FaultOptions): AsyncGenerator<FaultReport> {
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
    await (await House.open()).close(); // what is made once for all is made before it is counted
    const leftovers = new Leftovers();
    const house = await House.open();
    const failures = new Map<string, number>();
    const durations = await commit(fault, { house, times, failures });
    await house.close();
    const slowest = Math.max(0, ...durations);
    yield { name: fault.name, kept: durations.length, slowest, failures, left: await leftovers.settled() };
  }
}

async function commit(
  fault: Fault,
  { house, times, failures }: { house: House; times: number; failures: Map<string, number> },
): Promise<number[]> {
  const durations: number[] = [];
  let number = 0;
  const work = async () => {
    while (number < times) {
      const begun = performance.now();
      try {
        await fault.commit(house, number++);
        durations.push(performance.now() - begun);
      } catch (error) {
        const why = (error instanceof Error ? error.message : String(error)).replace(/-\d+/g, "-N");
        failures.set(why, (failures.get(why) ?? 0) + 1);
      }
    }
  };
  await Promise.all(Array.from({ length: fault.abreast ?? 4 }, work));
  return durations;
}
