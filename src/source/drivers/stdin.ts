import type { Driver } from "../driver.ts";
import { ParsedRuns } from "../parse.ts";

/** Standard input. */
export interface StdinSpec {
  readonly kind: "stdin";
}

/** Reads standard input, once: `-`. */
export const stdin: Driver<StdinSpec> = {
  kind: "stdin",
  parse: ({ text }) => (text === "-" ? { kind: "stdin" } : undefined),
  describe: () => "standard input",
  hasEnd: () => true,
  create: (_, options) => new ParsedRuns(async () => options.stdin(), options),
};
