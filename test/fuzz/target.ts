import type { Random } from "./random.ts";

/** What became of one input. */
export interface Verdict {
  /** What kind of input it was; inputs and faults are counted for each kind. */
  readonly kind: string;
  /** Which promise was broken, in words; undefined where all were kept. */
  readonly fault?: string | undefined;
}

/** Something that takes bytes or text from strangers, and what must hold whatever they send. */
export interface Target<T = unknown> {
  readonly name: string;
  /** Makes an input; the same random numbers make the same one. */
  make(random: Random): T;
  /** Feeds it with an input. It rejects only when the target itself is wrong. */
  check(input: T): Promise<Verdict>;
  /** Smaller inputs that may break the same promise, the smallest first. */
  shrink(input: T): Iterable<T>;
  /** An input in JSON, for people. */
  describe(input: T): unknown;
  /** Lets go of what the target keeps from input to input. @default nothing */
  close?(): Promise<void>;
  /** Which share of a kind's inputs may break which promise: `"kind: fault"`. @default none */
  readonly tolerated?: Readonly<Record<string, number>>;
}

/** An input that broke a promise. */
export interface Failure {
  readonly target: string;
  /** With the seed it makes the input again. */
  readonly number: number;
  readonly kind: string;
  readonly fault: string;
  /** The smallest input found that breaks the same promise. */
  readonly input: unknown;
}

/** What a run has shown. */
export interface Report {
  readonly target: string;
  readonly seed: number;
  readonly inputs: number;
  readonly seconds: number;
  /** Inputs of each kind. */
  readonly kinds: Readonly<Record<string, number>>;
  /** How often which promise was broken: `"kind: fault"`. */
  readonly faults: Readonly<Record<string, number>>;
  /** Up to three for each fault. */
  readonly failures: readonly Failure[];
  /** Megabytes of resident memory, at a tenth of the run and at its end. */
  readonly memory: readonly [early: number, late: number];
  /** Why the run has failed, a line for each reason; none if it has not. */
  readonly verdict: readonly string[];
}
