const maxLines = 50;
const flushAfter = 100; // milliseconds
const traceback = /^Traceback \(most recent call last\):/;

/** Takes lines, and passes them on as records. */
export interface RecordJoiner {
  take(line: string): void;
  /** Passes on what waits, because no line follows. */
  flush(): void;
}

/**
 * Joins lines to records: a line with those indented below it, and all of a Python traceback with the error behind it, are
 * one.
 *
 * Bound: 50 lines, which wait 100 ms at most.
 */
export function joinRecords(onRecord: (record: string) => void): RecordJoiner {
  let lines: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    const record = lines;
    lines = [];
    if (record.length > 0) onRecord(record.join("\n"));
  };
  const take = (line: string) => {
    const isIndented = /^\s/.test(line);
    const endsTraceback = !isIndented && lines.length > 1 && traceback.test(lines[0] ?? "");
    if (!isIndented && !endsTraceback) flush();
    lines.push(line);
    if (endsTraceback || lines.length >= maxLines) return flush();
    clearTimeout(timer);
    timer = setTimeout(flush, flushAfter);
  };
  return { take, flush };
}

/** Returns the lines that say best why a program ended: the last three, or of a Python traceback the error alone. */
export function lastWords(lines: readonly string[]): readonly string[] {
  return lines.some((line) => traceback.test(line)) ? lines.slice(-1) : lines.slice(-3);
}
