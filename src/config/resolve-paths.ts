import { dirname, resolve } from "node:path";
import { type Document, isMap, isScalar } from "yaml";
import type { CameraConfiguration, Configuration, PredictConfiguration } from "./configuration.ts";
import type { Interpolated } from "./interpolate.ts";
import type { Checked } from "./schema.ts";

/** What a file holds besides what was checked. */
export interface ResolvePathsOptions {
  /** Its path: paths in it are relative to its folder. */
  readonly file: string;
  readonly document: Document;
  /** What came from the environment, by path in JSON. */
  readonly values: Interpolated["values"];
}

/** Makes a configuration of what a file says: in the order of the file, with absolute paths, and told what is secret. */
export function resolvePaths(
  { server = {}, cameras = {} }: Checked,
  { file, document, values }: ResolvePathsOptions,
): Configuration {
  const folder = dirname(resolve(file));
  const { tls, auth } = server;
  const paths = tls && { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) };
  const tokens =
    auth && auth !== "none" ? [auth.token, auth.secret, ...(auth.tokens ?? []).map((one) => one.token)] : [];
  const listed = order(document, cameras).flatMap((id): CameraConfiguration[] => {
    const camera = cameras[id];
    if (!camera) return [];
    const { predict, predictors } = camera;
    const located = predictors && Object.entries(predictors).map(([name, one]) => [name, locate(one, folder)] as const);
    const secrets = [...values].flatMap(([path, held]) => (isOf(path, id) ? held : []));
    return [
      {
        ...camera,
        id,
        predict: locate(predict, folder),
        predictors: located && Object.fromEntries(located),
        secrets: secrets.length > 0 ? secrets : undefined,
      },
    ];
  });
  const given = [...values].flatMap(([path, held]) => (isOpen(path) ? [] : held));
  const written = tokens.filter((token) => token !== undefined);
  return { server: { ...server, tls: paths }, cameras: listed, secrets: [...new Set([...given, ...written])] };
}

/** Whether a setting is told to everybody anyway, so that its value is no secret. */
function isOpen(path: string): boolean {
  return /^\["server","(host|port|log|allow_hosts|allow_origins|limits|stall_after)"/.test(path);
}

function isOf(path: string, camera: string): boolean {
  return path.startsWith(JSON.stringify(["cameras", camera]).slice(0, -1));
}

/** The names as the file orders them: an object would put numbers first. */
function order(document: Document, cameras: object): string[] {
  const node = isMap(document.contents) ? document.contents.get("cameras") : undefined;
  const written = isMap(node) ? node.items.map(({ key }) => String(isScalar(key) ? key.value : key)) : [];
  return [...new Set([...written, ...Object.keys(cameras)])];
}

function locate<P extends PredictConfiguration | undefined>(predict: P, folder: string): P {
  if (typeof predict !== "object" || !("module" in predict)) return predict;
  return { ...predict, module: resolve(folder, predict.module) };
}
