import type { z } from "zod";
import type { Configuration } from "./configuration.ts";
import { type DiagnosticContext, diagnosticsOf, format, type Path } from "./diagnostics.ts";
import { parse } from "./document.ts";
import { ConfigurationError } from "./error.ts";
import { type Environment, type Interpolated, interpolate } from "./interpolate.ts";
import { resolvePaths } from "./resolve-paths.ts";
import { check } from "./schema.ts";

/** What is needed to read a configuration besides its text. */
export interface ReadOptions {
  /** The file's path; problems name it, and paths in it are relative to its folder. */
  readonly file: string;
  /** Where `${NAME}` comes from. @default nowhere */
  readonly environment?: Environment | undefined;
}

/**
 * Makes a configuration of the text of a YAML or JSON file.
 *
 * Throws a {@link ConfigurationError} that tells all that is wrong with it, without what came from the environment.
 */
export function parseConfiguration(text: string, { file, environment = {} }: ReadOptions): Configuration {
  const { document, lines, data } = parse(text, file);
  const filled = interpolate(data, environment);
  const place: DiagnosticContext = {
    file,
    document,
    lines,
    data: filled.data,
    secret: (path) => whySecret(path, filled),
  };
  let result = check(filled.data);
  if (!result.success && coerce(filled, result.error.issues)) result = check(filled.data);
  const unfilled = new Set(filled.missing.map(({ path }) => JSON.stringify(path)));
  const wrong = result.error?.issues.flatMap((issue) => diagnosticsOf(issue, place)) ?? [];
  const problems = [...filled.missing, ...wrong.filter(({ path }) => !unfilled.has(JSON.stringify(path)))];
  if (problems.length > 0 || !result.data) throw new ConfigurationError(format(problems, place));
  return resolvePaths(result.data, { file, document, values: filled.values });
}

const hidden = new Set(["token", "secret"]);

/** What is shown instead of a value that is a secret. */
function whySecret(path: Path, { names }: Interpolated): string | undefined {
  const from = names.get(JSON.stringify(path));
  if (from) return `what ${from.map((name) => `\${${name}}`).join(" and ")} holds`;
  const key = path.at(-1);
  const isHidden = (typeof key === "string" && hidden.has(key)) || path.at(-2) === "env";
  return isHidden ? "something (it is not shown)" : undefined;
}

/** Numbers and switches may come from the environment too, where everything is text; tells whether there was one. */
function coerce({ data, values }: Interpolated, issues: readonly z.core.$ZodIssue[]): boolean {
  let changed = false;
  for (const issue of issues.flatMap((one) => choices(one))) {
    const { code, path } = issue;
    const key = path.at(-1);
    if (code !== "invalid_type" || key === undefined || !values.has(JSON.stringify(path))) continue;
    const parent = path.slice(0, -1).reduce((value, step) => (value as Record<PropertyKey, unknown>)[step], data);
    const holder = parent as Record<PropertyKey, unknown>;
    const text = String(holder[key]);
    if (issue.expected === "number" && /^-?\d+(\.\d+)?$/.test(text)) holder[key] = Number(text);
    else if (issue.expected === "boolean" && /^(true|false)$/.test(text)) holder[key] = text === "true";
    else continue;
    values.delete(JSON.stringify(path)); // a number is no secret, and part of many words
    changed = true;
  }
  return changed;
}

/** An issue with its whole path, or, where there was a choice, what kept each one from being it. */
function choices(issue: z.core.$ZodIssue, above: Path = []): z.core.$ZodIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === "invalid_union") return issue.errors.flat().flatMap((one) => choices(one, path));
  return [{ ...issue, path }];
}
