import { type Document, isAlias, isMap, isScalar, isSeq, type LineCounter, type Node, type Pair } from "yaml";
import type { z } from "zod";
import { redact } from "../redact.ts";
import { nearest } from "./nearest.ts";

/** Keys and indexes from the top of a file down to a value. */
export type Path = readonly PropertyKey[];

/** What problems are told with. */
export interface DiagnosticContext {
  /** The file's name, as it was given. */
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** The data that was checked. */
  readonly data: unknown;
  /** Says why a value must not be shown: "from ${NAME}" or "hidden"; undefined if it may. */
  readonly secret: (path: Path) => string | undefined;
}

/** Something that is wrong. */
export interface Diagnostic {
  readonly path: Path;
  readonly text: string;
  /** The key is meant, not its value. */
  readonly atKey?: boolean | undefined;
}

/** One line a problem, in the order of the file: `FILE:LINE:COLUMN: KEY: TEXT`. */
export function format(problems: readonly Diagnostic[], place: DiagnosticContext): string[] {
  return problems
    .map(({ path, text, atKey = false }) => ({ path, text, offset: offset(place.document, path, atKey) }))
    .sort((a, b) => a.offset - b.offset)
    .map(({ path, text, offset }) => {
      const key = path.length === 0 ? "" : `${formatPath(path)}: `;
      return `${place.file}:${position(place.lines, offset)}: ${key}${text}`;
    });
}

/** `LINE:COLUMN`, both from 1. */
export function position(lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${Math.max(line, 1)}:${Math.max(col, 1)}`;
}

/** A path as people write it: `cameras.front.command[0]`. */
function formatPath(path: Path): string {
  const step = (key: PropertyKey) => {
    if (typeof key === "number") return `[${key}]`;
    return /^[\w-]+$/.test(String(key)) ? `.${String(key)}` : `[${quote(String(key))}]`;
  };
  return path.map(step).join("").replace(/^\./, "");
}

/** What an issue of the schema, whose message is what was expected, means to the author of the file. */
export function diagnosticsOf(issue: z.core.$ZodIssue, place: DiagnosticContext, above: Path = []): Diagnostic[] {
  const path = [...above, ...issue.path];
  if (issue.code === "unrecognized_keys") {
    const known = issue.message.split(", ");
    return issue.keys.map((key) => {
      const meant = nearest(key, known);
      const advice = meant === undefined ? `expected one of ${issue.message}` : `did you mean ${meant}?`;
      return { path: [...path, key], text: `unknown key, ${advice}`, atKey: true };
    });
  }
  if (issue.code === "invalid_union") {
    const closest = issue.errors.filter((branch) => branch.every(isDeeper)).at(-1);
    if (closest && closest.length > 0) return closest.flatMap((one) => diagnosticsOf(one, place, path));
  }
  if (issue.code === "invalid_key") {
    const expected = issue.issues[0]?.message ?? issue.message;
    return [{ path, text: `bad name, expected ${expected}`, atKey: true }];
  }
  return [{ path, text: `found ${found(place, path)}, expected ${issue.message}` }];
}

/** Whether an issue is about what is in a value, whose kind is therefore the right one. */
function isDeeper(issue: z.core.$ZodIssue): boolean {
  return issue.path.length > 0 || issue.code === "unrecognized_keys" || issue.code === "custom";
}

function found(place: DiagnosticContext, path: Path): string {
  let value = place.data;
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
  return place.secret(path) ?? (typeof value === "string" ? quote(redact(value)) : String(value));
}

function quote(text: string): string {
  return JSON.stringify(shorten(text));
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Where a value stands, or the nearest thing above it that stands somewhere. */
function offset(document: Document, path: Path, atKey: boolean): number {
  let node: Node | null | undefined = document.contents;
  let at = node?.range?.[0] ?? 0;
  for (const [depth, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair: Pair | undefined = node.items.find(
        ({ key: one }) => isScalar(one) && String(one.value) === String(key),
      );
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
