import { type Document, isScalar, LineCounter, parseDocument, visit, type YAMLError } from "yaml";
import { position } from "./diagnostics.ts";
import { ConfigurationError } from "./error.ts";

/** A parsed file. */
export interface ParsedDocument {
  readonly document: Document;
  readonly lines: LineCounter;
  /** Its contents: a tree of finite size. */
  readonly data: unknown;
}

const mergeKey = "<<";
const maxAliases = 100;
const maxDepth = 50;
const tooDeep = `nested more than ${maxDepth} levels deep`;

/** Parses YAML or JSON. Throws a {@link ConfigurationError} if it is invalid, empty, too deep, or endless by aliases. */
export function parse(text: string, file: string): ParsedDocument {
  const fail = (why: string) => new ConfigurationError([`${file}: cannot be parsed: ${why}`]);
  if (isDeep(text)) throw fail(tooDeep);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: "error",
    uniqueKeys: false, // its check is quadratic; see keyErrors
  });
  const errors = withoutConsequences([...document.errors, ...document.warnings, ...keyErrors(document)]);
  if (errors.length > 0) {
    const diagnostics = errors.map(
      ({ message, pos }) => `${file}:${position(lines, pos[0])}: ${message.split("\n")[0]}`,
    );
    throw new ConfigurationError(diagnostics, { cause: errors[0] });
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    throw new ConfigurationError([`${file}: empty file; expected a mapping with the keys server and cameras`]);
  }
  const data = toData(document, fail);
  if (isCircular(data)) throw fail("an alias refers to a value that contains it");
  return { document, lines, data };
}

/** Error in the text at an offset. */
type TextError = Pick<YAMLError, "code" | "message" | "pos">;

/** Finds duplicate keys of mappings, including 1 and "1", and the key `__proto__`. */
function keyErrors(document: Document): TextError[] {
  const errors: TextError[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        if (!isScalar(key)) continue;
        const name = String(key.value);
        const [start = 0, end = start] = key.range ?? [];
        const add = (message: string) => errors.push({ code: "DUPLICATE_KEY", message, pos: [start, end] });
        if (name === "__proto__") add('invalid name "__proto__"');
        else if (seen.has(name) && name !== mergeKey) add("Map keys must be unique");
        seen.add(name);
      }
    },
  });
  return errors;
}

/** Returns the errors up to the first syntax error, since later ones are mostly its consequences. */
function withoutConsequences(errors: readonly TextError[]): readonly TextError[] {
  const sorted = [...errors].sort((a, b) => a.pos[0] - b.pos[0]);
  const first = sorted.findIndex(({ code }) => code !== "DUPLICATE_KEY" && code !== "TAG_RESOLVE_FAILED");
  return first < 0 ? sorted : sorted.slice(0, first + 1);
}

/** Tells whether nesting is too deep, before parsing takes time and stack for it. Counts brackets in strings too. */
function isDeep(text: string): boolean {
  let brackets = 0;
  const columns: number[] = []; // of the blocks that are open
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
    throw fail(message.startsWith("Excessive alias count") ? "its aliases expand to too much data" : message);
  }
}

function isCircular(data: unknown, above: readonly unknown[] = []): boolean {
  if (typeof data !== "object" || data === null) return false;
  return above.includes(data) || Object.values(data).some((value) => isCircular(value, [...above, data]));
}
