import { redact } from "../../redact.ts";
import type { Driver } from "../driver.ts";
import { ParsedRuns } from "../parse.ts";
import { command as run } from "../process.ts";
import type { Argv } from "../source.ts";

/** A program, without a shell, that writes JPEGs or multipart to its standard output. */
export interface CommandSpec {
  readonly kind: "command";
  readonly argv: Argv;
}

/** Runs a program of the user's. It is given as a list of words, never as one text. */
export const command: Driver<CommandSpec> = {
  kind: "command",
  describe: ({ argv }) => redact(argv.join(" ")),
  canStart: () => true,
  create: ({ argv }, options) => new ParsedRuns(run(argv, options), options),
};
