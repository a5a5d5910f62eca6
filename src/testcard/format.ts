/** Size and rate of the test card. */
export interface Format {
  /** Pixels, 16 to 4096. */
  readonly width: number;
  /** Pixels, 16 to 4096. */
  readonly height: number;
  /** Frames per second, 1 to 120; may be fractional. */
  readonly fps: number;
}

/**
 * Parses `WIDTHxHEIGHT@FPS`, such as `1280x720@30` or `640x480@2.5`.
 *
 * Throws a `TypeError` for any other syntax and a `RangeError` for a size or rate out of bounds. Messages are one line.
 */
export function parseFormat(text: string): Format {
  const match = /^(\d+)x(\d+)@(\d+(?:\.\d+)?)$/.exec(text);
  const prefix = `Cannot draw the test card "${text}"`;
  if (!match) throw new TypeError(`${prefix}: expected WIDTHxHEIGHT@FPS, such as 1280x720@30`);
  const [width = 0, height = 0, fps = 0] = match.slice(1).map(Number);
  for (const length of [width, height]) {
    if (length < 16 || length > 4096) throw new RangeError(`${prefix}: width and height must be 16 to 4096 pixels`);
  }
  if (fps < 1 || fps > 120) throw new RangeError(`${prefix}: the rate must be 1 to 120 frames per second`);
  return { width, height, fps };
}
