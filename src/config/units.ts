const milliseconds: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };
const bytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1_000_000,
  KiB: 1024,
  MiB: 1024 * 1024,
};

/** A time as the configuration writes it: `500ms`, `5s`, `2min`, `1h`. */
export const durationPattern: RegExp = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|min|h)$/;

/** A size as the configuration writes it, if not as a number of bytes: `512KiB`, `8MiB`, `8MB`. */
export const sizePattern: RegExp = /^(\d{1,12}(?:\.\d{1,3})?) ?(B|kB|KB|MB|KiB|MiB)$/;

/** Milliseconds of what {@link durationPattern} matches; NaN of anything else. */
export function parseDuration(text: string): number {
  const [, number, unit = ""] = durationPattern.exec(text) ?? [];
  return Math.round(Number(number) * (milliseconds[unit] ?? Number.NaN));
}

/** Bytes of what {@link sizePattern} matches; NaN of anything else. */
export function parseSize(text: string): number {
  const [, number, unit = ""] = sizePattern.exec(text) ?? [];
  return Math.round(Number(number) * (bytes[unit] ?? Number.NaN));
}
