import type { Adapter } from "../adapter/adapter.ts";
import { ConfigurationError } from "../config/error.ts";
import { redact } from "../redact.ts";
import { parseCliOptions } from "./arguments.ts";
import { check } from "./check.ts";
import { devices } from "./devices.ts";
import { CliError, messageOf, startError, usageError, withHelp } from "./error.ts";
import { help } from "./help.ts";
import { schema } from "./schema.ts";
import { serve } from "./serve.ts";
import { sign } from "./sign.ts";
import { subcommands } from "./subcommands.ts";
import { readVersion } from "./version.ts";

/** Runs the subcommand that the command line names; without one, serves. Exits if it cannot. */
export async function run(adapter: Adapter): Promise<void> {
  adapter.ignoreBrokenPipe();
  try {
    await runSubcommand(adapter);
  } catch (error) {
    if (error instanceof CliError) {
      console.error(`teecam: ${redact(error.message)}`);
      adapter.exit(error.exitCode);
    }
    if (!(error instanceof ConfigurationError)) throw error;
    for (const diagnostic of error.diagnostics) console.error(diagnostic);
    adapter.exit(usageError);
  }
}

async function runSubcommand(adapter: Adapter): Promise<void> {
  const { args, runtime } = adapter;
  const environment = adapter.environment();
  const [word = "", ...rest] = args;
  const plain = rest.length === 0 ? word : "";
  if (plain === "help" || asksHelp(args)) return console.log(help.trimEnd());
  if (plain === "version") return console.log(`teecam ${readVersion()} (${runtime})`);
  if (args[0] === "devices") return console.log(await listDevices(adapter));
  if (args[0] === "sign") return console.log(await sign(args.slice(1), environment));
  const options = withHelp(() => parseCliOptions(args));
  if (options.version) return console.log(`teecam ${readVersion()} (${runtime})`);
  if (options.schema) return console.log(schema());
  if (options.check !== undefined) return console.log(await check(options.check, environment));
  await serve(options, adapter);
}

/** Tells whether the command line asks for help, also behind a subcommand; not what follows `--`, which is a program's. */
function asksHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  const own = end < 0 ? args : args.slice(0, end);
  return own.includes("--help") || own.includes("-h") || (subcommands.includes(own[0] ?? "") && own[1] === "help");
}

async function listDevices({ args, spawn }: Adapter): Promise<string> {
  if (args.length > 1) throw new CliError("Cannot list devices: write teecam devices", { exitCode: usageError });
  return await devices(spawn).catch((cause) => {
    throw new CliError(`Cannot list devices: ${messageOf(cause)}`, { exitCode: startError, cause });
  });
}
