import { fileURLToPath, pathToFileURL } from "node:url";
import { programUrl } from "../program-url.ts";
import type { ViewerSession } from "../session/session.ts";
import type { ProgramOptions, Spawn } from "../source/process.ts";
import type { Argv } from "../source/source.ts";
import { CheckedJson } from "./checked-json.ts";
import { type Program, startProgram } from "./program.ts";
import type { ReadResponse, RejectedLines } from "./response-reader.ts";

/** Options that all predictors share; see {@link PredictorSource} for an example. */
export interface PredictorLimits {
  /** Milliseconds allowed for each answer. @default 10000 */
  readonly deadline?: number | undefined;
  /** Maximum frames per second, evenly spaced. @default as fast as it answers */
  readonly fps?: number | undefined;
  /** Maximum bytes of JSON of one answer. @default 256 KiB */
  readonly maxSize?: number | undefined;
  /**
   * Maximum bytes of memory, beyond which it fails: the heap of a module, the address space of a command (needs a POSIX
   * shell). @default 512 MiB for a module, unlimited for a command
   */
  readonly memory?: number | undefined;
  /** Environment variables, in addition to those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A program that reads frames from standard input and writes answers to standard output; see {@link PredictorSource}. */
export interface CommandPredictor extends PredictorLimits {
  /** The program and its arguments; started without a shell unless `memory` is set. */
  readonly command: Argv;
}

/**
 * A TypeScript or JavaScript file with a default export of type {@link Predict}, run in its own process.
 *
 * @see {@link PredictorSource} for an example
 */
export interface ModulePredictor extends PredictorLimits {
  /** A path, relative to the working directory, or a `file:` URL. */
  readonly module: string | URL;
}

/**
 * A predictor: the built-in `motion`, a program, or a module.
 *
 * @example
 * ```ts
 * camera({ id: "yard", predict: "motion" });
 * camera({ id: "front", predict: { command: ["python3", "detect.py"], fps: 5, deadline: 2000 } });
 * camera({ id: "door", predict: { module: "./detect.ts", memory: 1024 ** 3 } });
 * ```
 */
export type PredictorSource = "motion" | CommandPredictor | ModulePredictor;

/** The parts of the runtime that predictors need. */
export interface PredictorRuntime {
  readonly spawn: Spawn;
  /** Returns the command line that runs a module of this package as a program. */
  readonly program: (module: URL, options?: ProgramOptions) => Argv;
}

/** Options for {@link startPredictor}. */
export interface StartPredictorOptions {
  readonly runtime: PredictorRuntime;
  /** Name of the camera. */
  readonly camera: string;
  /** The viewer that the predictor is for. @default all viewers */
  readonly session?: ViewerSession | undefined;
  /** Ends the predictor when it is aborted. */
  readonly signal: AbortSignal;
  /** Called with each line of its standard error, with secrets redacted. */
  readonly onLine: (line: string) => void;
  /** Called with lines of its standard output that are no answer. */
  readonly onRejected: (lines: RejectedLines) => void;
}

const moduleMemory = 512 * 1024 * 1024; // bytes

/** Starts one run of a predictor. Rejects if it cannot be started. */
export async function startPredictor(
  source: PredictorSource,
  { runtime, session, ...rest }: StartPredictorOptions,
): Promise<Program> {
  const { spawn } = runtime;
  if (source !== "motion" && "command" in source) {
    const { command, env, maxSize, memory } = source;
    return startProgram(memory === undefined ? command : withMemoryLimit(command, memory), {
      ...rest,
      spawn,
      env,
      maxSize,
    });
  }
  const { env, maxSize, memory = moduleMemory } = source === "motion" ? {} : source;
  const module = source === "motion" ? programUrl("predict/motion/predict") : moduleUrl(source.module);
  const handshake = `${JSON.stringify({ module: module.href, session, maxSize })}\n`;
  const argv = runtime.program(programUrl("predict/host/main"), { memory, trusted: true, imports: module });
  return startProgram(argv, { ...rest, spawn, env, maxSize, handshake, read: readHostLine });
}

/** Describes a predictor for people: `motion`, its program or the script that it runs, or the path of its module. */
export function describePredictor(source: PredictorSource): string {
  if (source === "motion") return source;
  return "command" in source ? describeCommand(source.command) : fileURLToPath(moduleUrl(source.module));
}

const interpreters =
  /(^|[\\/])(python|pypy|node|nodejs|deno|bun|tsx|npx|uv|uvx|ruby|perl|php|lua|julia|Rscript|java|sh|bash|dash|zsh|env|nice|ionice|taskset|timeout)[\d.]*(\.exe)?$/;
const script = /\.(py|pyc|pyz|m?[jt]s|cjs|cts|rb|pl|php|lua|jl|R|jar|sh)$/;

/** Names the script or Python module that an interpreter is told to run; it says more than the interpreter does. */
function describeCommand([program, ...args]: Argv): string {
  if (!interpreters.test(program)) return program;
  const module = args.indexOf("-m");
  const words = args.flatMap((argument) => argument.split(/\s+/)); // a shell has them all in one
  return (
    words.find((word) => !word.startsWith("-") && script.test(word)) ??
    (module < 0 ? undefined : args[module + 1]) ??
    program
  );
}

function moduleUrl(module: string | URL): URL {
  return module instanceof URL ? module : /^file:/.test(module) ? new URL(module) : pathToFileURL(module);
}

function withMemoryLimit(command: Argv, memory: number): Argv {
  return ["sh", "-c", 'ulimit -v "$1" && shift && exec "$@"', "sh", String(Math.ceil(memory / 1024)), ...command];
}

/** Reads a line of the host program: `SEQUENCE RESULT`, or `SEQUENCE` alone when there are no more results. */
const readHostLine: ReadResponse = (line, bounds) => {
  const [, sequence, result] = /^(\d+)(?: (.*))?$/s.exec(line) ?? [];
  if (sequence === undefined) return undefined;
  return {
    sequence: Number(sequence),
    result: result === undefined ? undefined : CheckedJson.parse(result, bounds),
    done: result === undefined,
  };
};
