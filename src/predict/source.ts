import { fileURLToPath, pathToFileURL } from "node:url";
import type { ViewerSession } from "../session/session.ts";
import type { ProgramLimits, Spawn } from "../source/process.ts";
import type { Argv } from "../source/source.ts";
import { type Program, startProgram } from "./program.ts";
import type { InvalidLines, PredictorResponse } from "./response-reader.ts";

/** What every predictor may be told. */
export interface PredictorLimits {
  /** Milliseconds in which it must give an answer. @default 10000 */
  readonly deadline?: number | undefined;
  /** At most so many frames a second, evenly in time. @default as fast as it answers */
  readonly fps?: number | undefined;
  /** Bytes of JSON that one answer may have. @default 256 KiB */
  readonly maxSize?: number | undefined;
  /**
   * Bytes of memory it may have, beyond which it is ended: of a module its heap, of a command its address space, where
   * there is a POSIX shell. @default 512 MiB for a module, no bound for a command
   */
  readonly memory?: number | undefined;
  /** Variables for it, besides those of this process. @default none */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A program that is asked by its standard input and answers on its standard output. */
export interface CommandPredictor extends PredictorLimits {
  readonly command: Argv;
}

/** A TypeScript or JavaScript file whose default export is a `Predict`, run in a process of its own. */
export interface ModulePredictor extends PredictorLimits {
  /** A path, from the working directory if it is relative, or a `file:` URL. */
  readonly module: string | URL;
}

/** What predicts: `motion`, which is built in, a program, or a module. */
export type PredictorSource = "motion" | CommandPredictor | ModulePredictor;

/** What a predictor needs of the runtime. */
export interface PredictorRuntime {
  readonly spawn: Spawn;
  /** The command line that runs a module of ours as a program of its own. */
  readonly program: (module: URL, options?: ProgramLimits) => Argv;
}

/** For whom a predictor is started, and who hears of it. */
export interface StartPredictorOptions {
  readonly runtime: PredictorRuntime;
  readonly camera: string;
  readonly session?: ViewerSession | undefined;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  readonly onInvalidLine: (kind: keyof InvalidLines, beginning: string) => void;
}

const moduleMemory = 512 * 1024 * 1024; // bytes

/** Starts one run of a predictor. Rejects when it cannot be started. */
export function startPredictor(
  source: PredictorSource,
  { runtime, session, ...rest }: StartPredictorOptions,
): Promise<Program> {
  const { spawn } = runtime;
  if (source !== "motion" && "command" in source) {
    const { command, env, maxSize, memory } = source;
    return startProgram(memory === undefined ? command : bounded(command, memory), { ...rest, spawn, env, maxSize });
  }
  const { env, maxSize, memory = moduleMemory } = source === "motion" ? {} : source;
  const module = source === "motion" ? motion : moduleUrl(source.module);
  const handshake = `${JSON.stringify({ module: module.href, session, maxSize })}\n`;
  const argv = runtime.program(host, { memory, trusted: true, imports: module });
  return startProgram(argv, { ...rest, spawn, env, maxSize, handshake, read: readHosted });
}

/** What a predictor is, in words. */
export function describePredictor(source: PredictorSource): string {
  if (source === "motion") return source;
  return "command" in source ? source.command[0] : fileURLToPath(moduleUrl(source.module));
}

function moduleUrl(module: string | URL): URL {
  return module instanceof URL ? module : /^file:/.test(module) ? new URL(module) : pathToFileURL(module);
}

function bounded(command: Argv, memory: number): Argv {
  return ["sh", "-c", 'ulimit -v "$1" && shift && exec "$@"', "sh", String(Math.ceil(memory / 1024)), ...command];
}

/** The module's host says each answer with the frame's sequence, and when there are no more. */
function readHosted(value: unknown): PredictorResponse {
  const { result, done = false } = value as { readonly result?: PredictorResponse["result"]; readonly done?: boolean };
  return result === undefined ? { done } : { result, done };
}

// The build renames modules to .js, and these are named in strings it does not see.
const extension = import.meta.url.slice(import.meta.url.lastIndexOf("."));
const host = new URL(`./host/main${extension}`, import.meta.url);
const motion = new URL(`./motion/predict${extension}`, import.meta.url);
