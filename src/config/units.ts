const milliseconds: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1_000_000,
  KiB: 1024,
  MiB: 1024 * 1024,
};

/** Matches a duration such as `500ms`, `5s`, `2min`, `1h`, `1d` or `1w`. */
export const durationPattern: RegExp = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|min|h|d|w)$/;

/** Matches a size with its unit, such as `512KiB`, `8MiB` or `8MB`. */
export const sizePattern: RegExp = /^(\d{1,12}(?:\.\d{1,3})?) ?(B|kB|KB|MB|KiB|MiB)$/;

/** Converts a string that matches {@link durationPattern} to milliseconds; returns NaN for any other. */
export function parseDuration(text: string): number {
  const [, number, unit = ""] = durationPattern.exec(text) ?? [];
  return Math.round(Number(number) * (milliseconds[unit] ?? Number.NaN));
}

/** Converts a string that matches {@link sizePattern} to bytes; returns NaN for any other. */
export function parseSize(text: string): number {
  const [, number, unit = ""] = sizePattern.exec(text) ?? [];
  return Math.round(Number(number) * (bytes[unit] ?? Number.NaN));
}
