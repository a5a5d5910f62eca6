import { dirname, resolve } from "node:path";
import { type Document, isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { CameraConfiguration, Configuration, PredictConfiguration } from "./configuration.ts";
import { type Environment, type Filled, fill } from "./environment.ts";
import { ConfigurationError } from "./error.ts";
import { type Path, type Place, position, problemsOf, tell } from "./problems.ts";
import { type Checked, check } from "./schema.ts";

/** What is needed to read a configuration besides its text. */
export interface ReadOptions {
  /** The file's path; problems name it, and paths in it are relative to its folder. */
  readonly file: string;
  /** Where `${NAME}` comes from. @default nowhere */
  readonly environment?: Environment | undefined;
}

const mostAliases = 100;
const deepest = 50;
const tooDeep = `it is nested more than ${deepest} deep`;

/**
 * Makes a configuration of the text of a YAML or JSON file.
 *
 * Throws a {@link ConfigurationError} that tells all that is wrong with it, without what came from the environment.
 */
export function parseConfiguration(text: string, { file, environment = {} }: ReadOptions): Configuration {
  const lines = new LineCounter();
  const document = parse(text, { file, lines });
  const filled = fill(toData(document, file), environment);
  const place: Place = { file, document, lines, data: filled.data, secret: (path) => whySecret(path, filled) };
  let result = check(filled.data);
  if (!result.success && retype(filled, result.error.issues)) result = check(filled.data);
  const unfilled = new Set(filled.missing.map(({ path }) => JSON.stringify(path)));
  const issues = result.error?.issues.filter(({ path }) => !unfilled.has(JSON.stringify(path))) ?? [];
  const problems = [...filled.missing, ...issues.flatMap((issue) => problemsOf(issue, place))];
  if (problems.length > 0 || !result.data) throw new ConfigurationError(tell(problems, place));
  return arrange(result.data, { place, filled });
}

function parse(text: string, { file, lines }: { file: string; lines: LineCounter }): Document {
  if (isDeep(text)) throw new ConfigurationError([`${file}: it cannot be read: ${tooDeep}`]);
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true, logLevel: "error" });
  const [first] = [...document.errors, ...document.warnings]; // what follows is mostly its consequence
  if (first) {
    const [sentence] = first.message.split("\n");
    throw new ConfigurationError([`${file}:${position(lines, first.pos[0])}: ${sentence}`], { cause: first });
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new ConfigurationError([`${file}: it is empty; expected a mapping with the keys server and cameras`]);
  }
  return document;
}

/** Tells before parsing, whose time and stack grow with the depth; brackets in texts count too, and seldom stay open. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [, open, close, dashes = ""] of text.matchAll(/([[{])|([\]}])|^\s*((?:[-?] +)+)/gm)) {
    if (open) depth++;
    else if (close) depth = Math.max(0, depth - 1);
    if (depth > deepest || dashes.replaceAll(" ", "").length > deepest) return true;
  }
  return false;
}

function toData(document: Document, file: string): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const isBomb = message.startsWith("Excessive alias count");
    const why = isBomb ? "its aliases make too much of it" : cause instanceof RangeError ? tooDeep : message;
    throw new ConfigurationError([`${file}: it cannot be read: ${why}`], { cause });
  }
}

const hidden = new Set(["token", "secret"]);

/** What is shown instead of a value that is a secret. */
function whySecret(path: Path, { names }: Filled): string | undefined {
  const from = names.get(JSON.stringify(path));
  if (from) return `what ${from.map((name) => `\${${name}}`).join(" and ")} holds`;
  const key = path.at(-1);
  const isHidden = (typeof key === "string" && hidden.has(key)) || path.at(-2) === "env";
  return isHidden ? "something (it is not shown)" : undefined;
}

/** Numbers and switches may come from the environment too, where everything is text; tells whether there was one. */
function retype({ data, names }: Filled, issues: readonly { code: string; path: Path; expected?: unknown }[]): boolean {
  let changed = false;
  for (const { code, path, expected } of issues) {
    const key = path.at(-1);
    if (code !== "invalid_type" || key === undefined || !names.has(JSON.stringify(path))) continue;
    const parent = path.slice(0, -1).reduce((value, step) => (value as Record<PropertyKey, unknown>)[step], data);
    const holder = parent as Record<PropertyKey, unknown>;
    const text = String(holder[key]);
    if (expected === "number" && /^-?\d+(\.\d+)?$/.test(text)) holder[key] = Number(text);
    else if (expected === "boolean" && /^(true|false)$/.test(text)) holder[key] = text === "true";
    else continue;
    changed = true;
  }
  return changed;
}

function arrange(
  { server = {}, cameras = {} }: Checked,
  { place, filled }: { place: Place; filled: Filled },
): Configuration {
  const folder = dirname(resolve(place.file));
  const { tls, auth } = server;
  const paths = tls && { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) };
  const tokens =
    auth && auth !== "none" ? [auth.token, auth.secret, ...(auth.tokens ?? []).map((one) => one.token)] : [];
  const listed = order(place.document, cameras).flatMap((id): CameraConfiguration[] => {
    const camera = cameras[id];
    if (!camera) return [];
    const { predict, predictors } = camera;
    const located = predictors && Object.entries(predictors).map(([name, one]) => [name, locate(one, folder)] as const);
    return [{ ...camera, id, predict: locate(predict, folder), predictors: located && Object.fromEntries(located) }];
  });
  const given = [...filled.values].flatMap(([path, values]) => (isOpen(path) ? [] : values));
  const written = tokens.filter((token) => token !== undefined);
  return { server: { ...server, tls: paths }, cameras: listed, secrets: [...new Set([...given, ...written])] };
}

/** Whether a setting is told to everybody anyway, so that its value is no secret. */
function isOpen(path: string): boolean {
  return /^\["server","(host|port|log|allow_hosts|allow_origins|limits|stall_after)"/.test(path);
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
