const maxLines = 50;
const flushAfter = 100; // milliseconds
const traceback = /^Traceback \(most recent call last\):/;

/**
 * Returns a function that takes lines and passes them on as records: a line with those indented below it, and all of a
 * Python traceback with the error behind it, are one.
 *
 * Bound: 50 lines, which wait 100 ms at most.
 */
export function joinRecords(onRecord: (record: string) => void): (line: string) => void {
  let lines: string[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    const record = lines;
    lines = [];
    if (record.length > 0) onRecord(record.join("\n"));
  };
  return (line) => {
    const isIndented = /^\s/.test(line);
    const endsTraceback = !isIndented && lines.length > 1 && traceback.test(lines[0] ?? "");
    if (!isIndented && !endsTraceback) flush();
    lines.push(line);
    if (endsTraceback || lines.length >= maxLines) return flush();
    clearTimeout(timer);
    timer = setTimeout(flush, flushAfter);
  };
}

/** Returns the lines that say best why a program ended: the last three, or of a Python traceback the error alone. */
export function lastWords(lines: readonly string[]): readonly string[] {
  return lines.some((line) => traceback.test(line)) ? lines.slice(-1) : lines.slice(-3);
}
