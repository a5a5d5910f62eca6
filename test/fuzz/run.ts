import process from "node:process";
import { Random } from "./random.ts";
import type { Failure, Report, Target } from "./target.ts";

/** How long to go on; without a limit for ever. */
export interface RunOptions {
  readonly seed: number;
  /** The number of the first input. @default 0 */
  readonly first?: number;
  /** @default no limit */
  readonly inputs?: number;
  /** @default no limit */
  readonly milliseconds?: number;
  /** How many inputs there are at least, however long they take. @default 0 */
  readonly atLeast?: number;
  /** Hears from time to time how far it is. */
  readonly onProgress?: (inputs: number, inputsPerSecond: number) => void;
}

const examples = 3; // of each fault
const shrinkFor = 3000; // milliseconds
const progressEvery = 10_000; // milliseconds
const memoryGrowth = { share: 1.25, megabytes: 48, after: 20 }; // seconds, in which a heap finds its size

/** Feeds a target with input after input, each made from the seed and its own number alone. */
export async function fuzz<T>(target: Target<T>, options: RunOptions): Promise<Report> {
  const { seed, first = 0, inputs: maxInputs = Number.POSITIVE_INFINITY, onProgress } = options;
  const { milliseconds = Number.POSITIVE_INFINITY, atLeast = 0 } = options;
  const kinds: Record<string, number> = {};
  const faults: Record<string, number> = {};
  const failures: Failure[] = [];
  const begun = performance.now();
  const elapsed = () => performance.now() - begun;
  let early: number | undefined;
  let reportedAt = 0;
  let count = 0;
  for (; count < maxInputs && (count < atLeast || elapsed() < milliseconds); count++) {
    const number = first + count;
    const input = target.make(new Random(seed, number));
    const { kind, fault } = await target.check(input);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (fault !== undefined) {
      const key = `${kind}: ${fault}`;
      faults[key] = (faults[key] ?? 0) + 1;
      if (faults[key] <= examples) {
        const smallest = target.describe(await minimise(target, input, key));
        failures.push({ target: target.name, number, kind, fault, input: smallest });
      }
    }
    const share = Math.max(count / maxInputs, elapsed() / milliseconds);
    if (early === undefined && share >= 0.1) early = megabytes();
    if (elapsed() - reportedAt > progressEvery) {
      reportedAt = elapsed();
      onProgress?.(count + 1, ((count + 1) * 1000) / reportedAt);
    }
  }
  await target.close?.();
  const memory = [early ?? megabytes(), megabytes()] as const;
  const report = {
    target: target.name,
    seed,
    inputs: count,
    seconds: elapsed() / 1000,
    kinds,
    faults,
    failures,
    memory,
  };
  return { ...report, verdict: judge(report, target.tolerated) };
}

function judge(report: Omit<Report, "verdict">, tolerances: Readonly<Record<string, number>> = {}): string[] {
  const { kinds, faults, memory, seconds } = report;
  const broken = Object.entries(faults).flatMap(([key, count]) => {
    const [kind = ""] = key.split(": ");
    const inputs = kinds[kind] ?? 0;
    const tolerated = tolerances[key] ?? 0;
    const bound = tolerated * inputs + (tolerated > 0 ? 3 * Math.sqrt(tolerated * inputs) : 0); // chance in short runs
    return count > bound ? [`${key}: ${count} of ${inputs} inputs`] : [];
  });
  const [early, late] = memory;
  const bound = early * memoryGrowth.share + memoryGrowth.megabytes;
  if (seconds > memoryGrowth.after && late > bound) broken.push(`memory grew from ${early} to ${late} MB`);
  return broken;
}

/** Takes the first smaller input that still breaks the promise, again and again. */
async function minimise<T>(target: Target<T>, input: T, key: string): Promise<T> {
  const end = performance.now() + shrinkFor;
  let smallest = input;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of target.shrink(smallest)) {
      if (performance.now() > end) return smallest;
      const { kind, fault } = await target.check(candidate);
      if (`${kind}: ${fault}` !== key) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}

function megabytes(): number {
  return Math.round(process.memoryUsage().rss / 2 ** 20);
}
