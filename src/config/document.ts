import { type Document, isScalar, LineCounter, parseDocument, type YAMLError } from "yaml";
import { position } from "./diagnostics.ts";
import { ConfigurationError } from "./error.ts";

/** A file's text, taken apart. */
export interface Parsed {
  readonly document: Document;
  readonly lines: LineCounter;
  /** What it says: a tree of finite size. */
  readonly data: unknown;
}

const maxAliases = 100;
const maxDepth = 50;
const tooDeep = `it is nested more than ${maxDepth} deep`;

/** Takes YAML or JSON apart. Throws a {@link ConfigurationError} for what is neither, is empty, or has no end. */
export function parse(text: string, file: string): Parsed {
  const fail = (why: string) => new ConfigurationError([`${file}: it cannot be read: ${why}`]);
  if (isDeep(text)) throw fail(tooDeep);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: "error",
    uniqueKeys: (a, b) => a === b || (isScalar(a) && isScalar(b) && String(a.value) === String(b.value)), // 1 and "1" too
  });
  const errors = withoutConsequences([...document.errors, ...document.warnings]);
  if (errors.length > 0) {
    const told = errors.map(({ message, pos }) => `${file}:${position(lines, pos[0])}: ${message.split("\n")[0]}`);
    throw new ConfigurationError(told, { cause: errors[0] });
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new ConfigurationError([`${file}: it is empty; expected a mapping with the keys server and cameras`]);
  }
  const data = toData(document, fail);
  if (isCircle(data)) throw fail("an alias stands inside of what it is the name of");
  return { document, lines, data };
}

/** Those that stand for themselves, up to the first of another kind: what follows that one is mostly its consequence. */
function withoutConsequences(errors: readonly YAMLError[]): readonly YAMLError[] {
  const sorted = [...errors].sort((a, b) => a.pos[0] - b.pos[0]);
  const first = sorted.findIndex(({ code }) => code !== "DUPLICATE_KEY" && code !== "TAG_RESOLVE_FAILED");
  return first < 0 ? sorted : sorted.slice(0, first + 1);
}

/** Tells before parsing, whose time and stack grow with the depth; brackets in texts count too, and seldom stay open. */
function isDeep(text: string): boolean {
  let brackets = 0;
  const columns: number[] = []; // at which the blocks begin that are open
  for (const line of text.split("\n")) {
    const [start, indent = "", marks = ""] = /^( *)((?:[-?] +)*)/.exec(line) ?? [""];
    if (line.trim() !== "") {
      for (const column of [
        ...Array.from(marks.matchAll(/[-?]/g), ({ index }) => indent.length + index),
        start.length,
      ]) {
        while ((columns.at(-1) ?? -1) >= column) columns.pop();
        columns.push(column);
        if (columns.length > maxDepth) return true;
      }
    }
    for (const [bracket] of line.matchAll(/[[\]{}]/g)) {
      brackets = bracket === "[" || bracket === "{" ? brackets + 1 : Math.max(0, brackets - 1);
      if (brackets > maxDepth) return true;
    }
  }
  return false;
}

function toData(document: Document, fail: (why: string) => ConfigurationError): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw fail(message.startsWith("Excessive alias count") ? "its aliases make too much of it" : message);
  }
}

function isCircle(data: unknown, above: readonly unknown[] = []): boolean {
  if (typeof data !== "object" || data === null) return false;
  return above.includes(data) || Object.values(data).some((value) => isCircle(value, [...above, data]));
}
