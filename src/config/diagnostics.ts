import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  type Pair,
  type YAMLMap,
} from "yaml";
import type { z } from "zod";
import { nearest } from "../nearest.ts";
import { redact } from "../redact.ts";

/** The keys and indexes that lead from the top of a file to a value. */
export type Path = readonly PropertyKey[];

/** The file that diagnostics are about. */
export interface DiagnosticContext {
  /** The path of the file as it was given. */
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** The data that was validated. */
  readonly data: unknown;
  /** Returns what to show instead of a secret value, or undefined if the value is not secret. */
  readonly secret: (path: Path) => string | undefined;
}

/** One error in a configuration file. */
export interface Diagnostic {
  readonly path: Path;
  readonly text: string;
  /** Whether the error is in the key, not in its value. @default false */
  readonly atKey?: boolean | undefined;
}

/** Formats diagnostics in the order of the file, one line each: `FILE:LINE:COLUMN: KEY: TEXT`. */
export function format(diagnostics: readonly Diagnostic[], context: DiagnosticContext): string[] {
  return diagnostics
    .map(({ path, text, atKey = false }) => ({ path, text, offset: offsetOf(context.document, { path, atKey }) }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ path, text, offset }) => {
      const key = path.length === 0 ? "" : `${formatPath(path)}: `;
      return `${context.file}:${position(context.lines, offset)}: ${key}${text}`;
    });
}

/** Formats a position as `LINE:COLUMN`, both counted from 1. */
export function position(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

/** Formats a path as `cameras.front.command[0]`. */
function formatPath(path: Path): string {
  const step = (key: PropertyKey) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[\w-]+$/.test(String(key)) ? `.${String(key)}` : `[${quote(String(key))}]`;
  };
  return path.map(step).join("").replace(/^\./, "");
}

/** Converts an issue of the schema, whose message is what was expected, to diagnostics for the author of the file. */
export function diagnosticsOf(issue: z.core.$ZodIssue, context: DiagnosticContext): Diagnostic[] {
  return diagnose(issue, { context, parent: [] });
}

function diagnose(
  issue: z.core.$ZodIssue,
  { context, parent }: { readonly context: DiagnosticContext; readonly parent: Path },
): Diagnostic[] {
  const path = [...parent, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(", ");
    return issue.keys.map((key) => {
      const similar = nearest(key, known);
      const advice = similar === undefined ? `expected one of ${issue.message}` : `did you mean ${similar}?`;
      return { path: [...path, key], text: `unknown key, ${advice}`, atKey: true };
    });
  }
  if (issue.code === "invalid_union") {
    const closest = issue.errors.filter((branch) => branch.every(isDeeper)).at(-1);
    if (closest && closest.length > 0) return closest.flatMap((one) => diagnose(one, { context, parent: path }));
  }
  if (issue.code === "invalid_key") {
    const expected = issue.issues[0]?.message ?? issue.message;
    return [{ path, text: `invalid name, expected ${expected}`, atKey: true }];
  }
  return [{ path, text: `found ${describeValue(context, path)}, expected ${issue.message}` }];
}

/** Tells whether an issue is about the contents of a value, whose type is therefore right. */
function isDeeper(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === "unrecognized_keys" || issue.code === "custom";
}

function describeValue(context: DiagnosticContext, path: Path): string {
  let value = context.data;
  for (const key of path) {
    const inside = typeof value === "object" && value !== null && Object.hasOwn(value, key);
    value = inside ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object") {
    const keys = Object.keys(value);
    return keys.length === 0 ? "an empty mapping" : `a mapping with ${keys.slice(0, 5).map(shorten).join(", ")}`;
  }
  return context.secret(path) ?? (typeof value === "string" ? quote(redact(value)) : String(value));
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Returns the offset of a value in the text, or of its nearest ancestor that has one. */
function offsetOf(document: Document, { path, atKey }: { readonly path: Path; readonly atKey: boolean }): number {
  let node: Node | null | undefined = document.contents;
  let at = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = pairOf(node, String(key));
      const name = pair?.key as Node | undefined;
      const value = pair?.value as Node | null | undefined;
      if (!name) return at;
      const isEmpty = !value?.range || (isScalar(value) && value.value === null);
      const last = depth === path.length - 1;
      at = ((last && atKey) || isEmpty ? name.range?.[0] : value.range?.[0]) ?? at;
      node = value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)] as Node | undefined;
      at = node?.range?.[0] ?? at;
    } else return at;
  }
  return at;
}

const pairs = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>();

/** Returns the entry of a mapping; a file may have as many diagnostics as entries. */
function pairOf(node: YAMLMap, key: string): Pair | undefined {
  let byKey = pairs.get(node);
  if (!byKey) {
    byKey = new Map(node.items.map((pair) => [String(isScalar(pair.key) ? pair.key.value : pair.key), pair]));
    pairs.set(node, byKey);
  }
  return byKey.get(key);
}
