import { dirname, resolve } from "node:path";
import { type Document, isMap, isScalar } from "yaml";
import type { PredictorSource } from "../predict/source.ts";
import { parseSource, pathOf } from "../source/registry.ts";
import type { Argv } from "../source/source.ts";
import type { CameraConfiguration, Configuration } from "./configuration.ts";
import type { Interpolated } from "./interpolate.ts";
import type { ConfigurationFile } from "./schema.ts";

/** Options for {@link resolvePaths}. */
export interface ResolvePathsOptions {
  /** The path of the file. Paths in it are relative to its folder. */
  readonly file: string;
  readonly document: Document;
  /** Values of environment variables, by path in JSON. */
  readonly values: Interpolated["values"];
}

/** Makes a configuration from the data of a file: cameras in the order of the file, absolute paths, and the secrets. */
export function resolvePaths(
  { server = {}, cameras = {} }: ConfigurationFile,
  { file, document, values }: ResolvePathsOptions,
): Configuration {
  const folder = dirname(resolve(file));
  const { tls, auth } = server;
  const tlsPaths = tls && { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) };
  const tokens =
    auth && auth !== "none" ? [auth.token, auth.secret, ...(auth.tokens ?? []).map((one) => one.token)] : [];
  const inserted = byCamera(values);
  const orderedCameras = orderOf(document, cameras).flatMap((id): CameraConfiguration[] => {
    const camera = cameras[id];
    if (!camera) return [];
    const predictors = Object.entries(camera.predictors ?? {});
    const secrets = inserted.get(id) ?? [];
    return [
      {
        ...camera,
        id,
        source: resolveSource(camera.source, folder),
        cwd: folder,
        tls: camera.tls && { ...camera.tls, ca: camera.tls.ca && resolve(folder, camera.tls.ca) },
        predict: camera.predict && resolvePredictor(camera.predict, folder),
        predictors:
          camera.predictors &&
          Object.fromEntries(predictors.map(([name, one]) => [name, resolvePredictor(one, folder)])),
        secrets: secrets.length > 0 ? secrets : undefined,
      },
    ];
  });
  const interpolated = [...values].flatMap(([path, held]) => (isPublic(path) ? [] : held));
  const written = tokens.filter((token) => token !== undefined);
  return {
    server: { ...server, tls: tlsPaths },
    cameras: orderedCameras,
    secrets: [...new Set([...interpolated, ...written])],
  };
}

/** Tells whether a setting is visible to all users anyway, so that its value need not be redacted. */
function isPublic(path: string): boolean {
  return /^\["server","(host|port|log|allow_hosts|allow_origins|limits|stall_after)"/.test(path);
}

/** Groups the values by the camera that they were inserted into. */
function byCamera(values: Interpolated["values"]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const [path, held] of values) {
    const [section, id] = JSON.parse(path) as string[];
    if (section !== "cameras" || id === undefined) continue;
    const group = groups.get(id) ?? [];
    groups.set(id, group);
    group.push(...held);
  }
  return groups;
}

/** Returns the names of the cameras in the order of the file; an object would put numbers first. */
function orderOf(document: Document, cameras: object): string[] {
  const node = isMap(document.contents) ? document.contents.get("cameras") : undefined;
  const written = isMap(node) ? node.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
  return [...new Set([...written, ...Object.keys(cameras)])];
}

function resolvePredictor(predictor: PredictorSource, folder: string): PredictorSource {
  if (predictor === "motion") return predictor;
  if ("command" in predictor) return { ...predictor, command: resolveProgram(predictor.command, folder) };
  if (predictor.module instanceof URL) return predictor;
  return { ...predictor, module: resolve(folder, predictor.module) };
}

/** Makes the path of a file or a program absolute. */
function resolveSource(source: string | Argv, folder: string): string | Argv {
  if (typeof source !== "string") return resolveProgram(source, folder);
  const path = pathOf(parseSource(source));
  return path === undefined ? source : resolve(folder, path);
}

/** Makes the path of a program absolute; a name without a slash is looked up in PATH. */
function resolveProgram([program, ...args]: Argv, folder: string): Argv {
  return [program.includes("/") ? resolve(folder, program) : program, ...args];
}
