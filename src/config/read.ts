import type { z } from "zod";
import type { Configuration } from "./configuration.ts";
import { type DiagnosticContext, diagnosticsOf, format, type Path } from "./diagnostics.ts";
import { parse } from "./document.ts";
import { ConfigurationError } from "./error.ts";
import { type Environment, type Interpolated, interpolate } from "./interpolate.ts";
import { resolvePaths } from "./resolve-paths.ts";
import { fileSchema } from "./schema.ts";

/** Options for {@link parseConfiguration}. */
export interface ReadOptions {
  /** The path of the file. Diagnostics name it, and paths in the file are relative to its folder. */
  readonly file: string;
  /** The values of `${NAME}`. @default none */
  readonly environment?: Environment | undefined;
}

/**
 * Parses the text of a YAML or JSON configuration file.
 *
 * Throws a {@link ConfigurationError} that lists all errors, without values of environment variables.
 */
export function parseConfiguration(text: string, { file, environment = {} }: ReadOptions): Configuration {
  const { document, lines, data } = parse(text, file);
  const interpolated = interpolate(data, environment);
  const context: DiagnosticContext = {
    file,
    document,
    lines,
    data: interpolated.data,
    secret: (path) => describeSecret(path, interpolated),
  };
  let result = fileSchema.safeParse(interpolated.data);
  if (!result.success && coerce(interpolated, result.error.issues)) result = fileSchema.safeParse(interpolated.data);
  const missing = new Set(interpolated.missing.map(({ path }) => JSON.stringify(path)));
  const invalid = result.error?.issues.flatMap((issue) => diagnosticsOf(issue, context)) ?? [];
  const diagnostics = [
    ...interpolated.missing,
    ...invalid.filter(({ path }) => !missing.has(JSON.stringify(path))), // one diagnostic for each value
  ];
  if (diagnostics.length > 0 || !result.data) throw new ConfigurationError(format(diagnostics, context));
  return resolvePaths(result.data, { file, document, values: interpolated.values });
}

const secretKeys = new Set(["token", "secret"]);

/** Returns what to show instead of a value that is secret, or undefined if it is not. */
function describeSecret(path: Path, { names }: Interpolated): string | undefined {
  const variables = names.get(JSON.stringify(path));
  if (variables) return `the value of ${variables.map((name) => `\${${name}}`).join(" and ")}`;
  const key = path.at(-1);
  const isSecret =
    (typeof key === "string" && secretKeys.has(key)) || path.at(-2) === "env" || path.at(-2) === "headers";
  return isSecret ? "a value (not shown)" : undefined;
}

/** Converts strings from the environment to the numbers and booleans that are expected; tells whether it changed any. */
function coerce({ data, values }: Interpolated, issues: readonly z.core.$ZodIssue[]): boolean {
  let changed = false;
  for (const issue of issues.flatMap((one) => flatten(one))) {
    const { code, path } = issue;
    const key = path.at(-1);
    if (code !== "invalid_type" || key === undefined || !values.has(JSON.stringify(path))) continue;
    const parent = path.slice(0, -1).reduce((value, step) => (value as Record<PropertyKey, unknown>)[step], data);
    const holder = parent as Record<PropertyKey, unknown>;
    const text = String(holder[key]);
    if (issue.expected === "number" && /^-?\d+(\.\d+)?$/.test(text)) holder[key] = Number(text);
    else if (issue.expected === "boolean" && /^(true|false)$/.test(text)) holder[key] = text === "true";
    else continue;
    values.delete(JSON.stringify(path)); // numbers are not secret, and redacting them would affect other text
    changed = true;
  }
  return changed;
}

/** Returns an issue with its whole path, or, for a union, the issues of all its branches. */
function flatten(issue: z.core.$ZodIssue, parent: Path = []): z.core.$ZodIssue[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "invalid_union") return issue.errors.flat().flatMap((one) => flatten(one, path));
  return [{ ...issue, path }];
}
