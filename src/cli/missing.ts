import { access, constants } from "node:fs/promises";
import { basename, delimiter, dirname, join } from "node:path";
import type { CameraConfiguration, Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/interpolate.ts";
import type { PredictorSource } from "../predict/source.ts";
import { parseSource, pathOf } from "../source/registry.ts";
import type { Argv } from "../source/source.ts";

/** Says which file a source reads that is not there; undefined where it is, and for what is no file. */
export async function missingFile(source: string | Argv): Promise<string | undefined> {
  const path = typeof source === "string" ? pathOf(parseSource(source)) : undefined;
  if (path === undefined) return undefined;
  const isPattern = basename(path).includes("*");
  if (isPattern) return (await exists(dirname(path))) ? undefined : `no such folder: ${dirname(path)}`;
  return await missingPath(path);
}

/** Lists the files and programs of a configuration that are not there, each behind the key that names it. */
export async function listMissing({ server, cameras }: Configuration, environment: Environment): Promise<string[]> {
  const files = Object.entries(server.tls ?? {}).map(async ([key, path]) => {
    const why = await missingPath(path);
    return why === undefined ? undefined : `server.tls.${key}: ${why}`;
  });
  const inCameras = cameras.map((camera) => missingInCamera(camera, environment));
  return [...(await Promise.all(files)), ...(await Promise.all(inCameras)).flat()].filter((line) => line !== undefined);
}

async function missingInCamera(
  { id, source, loop, tls, predict, predictors = {} }: CameraConfiguration,
  environment: Environment,
): Promise<string[]> {
  const programs = typeof source === "string" ? [] : [["command", missingProgram(source[0], environment)] as const];
  const named = Object.entries(predictors).map(([name, one]) => [`predictors.${name}`, one] as const);
  const all = [
    ["source", missingFile(source)] as const,
    ...(needsFfmpeg(source, loop) ? ["ffmpeg", "ffprobe"] : []).map(
      (program) => ["source", missingProgram(program, environment)] as const,
    ),
    ["tls.ca", tls?.ca === undefined ? undefined : missingPath(tls.ca)] as const,
    ...programs,
    ...[["predict", predict] as const, ...named].map(
      ([key, one]) => [key, one && missingPredictor(one, environment)] as const,
    ),
  ];
  const lines = await Promise.all(
    all.map(async ([key, missing]) => {
      const why = await missing;
      return why === undefined ? [] : [`cameras.${id}.${key}: ${why}`];
    }),
  );
  return lines.flat();
}

/** Tells whether ffmpeg reads a source; a single JPEG in a loop is not decoded. */
function needsFfmpeg(source: string | Argv, loop = false): boolean {
  return parseSource(source).kind === "ffmpeg" && !(loop && /\.jpe?g$/i.test(String(source)));
}

async function missingPath(path: string): Promise<string | undefined> {
  return (await exists(path)) ? undefined : `no such file: ${path}`;
}

async function missingPredictor(predictor: PredictorSource, environment: Environment): Promise<string | undefined> {
  if (predictor === "motion") return undefined;
  if ("command" in predictor) return missingProgram(predictor.command[0], environment);
  const { module } = predictor;
  return module instanceof URL ? undefined : await missingPath(module);
}

async function missingProgram(name: string, { PATH = "" }: Environment): Promise<string | undefined> {
  const places = name.includes("/") ? [name] : PATH.split(delimiter).map((folder) => join(folder, name));
  for (const place of places) if (await exists(place, constants.X_OK)) return undefined;
  return `no such program: ${name}`;
}

async function exists(path: string, mode = constants.F_OK): Promise<boolean> {
  return await access(path, mode).then(
    () => true,
    () => false,
  );
}
