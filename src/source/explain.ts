import type { DropReason, ParserStats } from "../media/parser-stats.ts";

const reasons: Readonly<Record<DropReason, string>> = {
  truncated: "cut off",
  malformed: "broken",
  oversize: "too large",
  foreign: "of another type",
  headers: "with too long headers",
};

/**
 * Describes the input of a run without a frame: `1.5 MB of input without a whole JPEG: 3 cut off, 1 too large`.
 *
 * Returns undefined if there was a frame, or no input at all.
 */
export function explainInput({ frames, bytes, dropped }: ParserStats): string | undefined {
  if (frames > 0 || bytes === 0) return undefined;
  const failed = (Object.keys(reasons) as DropReason[])
    .filter((reason) => dropped[reason] > 0)
    .map((reason) => `${dropped[reason]} ${reasons[reason]}`);
  const input = `${formatSize(bytes)} of input`;
  return failed.length > 0 ? `${input} without a whole JPEG: ${failed.join(", ")}` : `${input} without a JPEG`;
}

function formatSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return bytes < 999_950 ? `${(bytes / 1e3).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
