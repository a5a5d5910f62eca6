/** What the test card is asked for. */
export interface Format {
  /** Pixels, 16 to 4096. */
  readonly width: number;
  /** Pixels, 16 to 4096. */
  readonly height: number;
  /** Frames per second, 1 to 120; may be fractional. */
  readonly fps: number;
}

/**
 * Reads `WIDTHxHEIGHT@FPS`, such as `1280x720@30` or `640x480@2.5`.
 *
 * Throws a TypeError for any other shape and a RangeError for a size or rate out of bounds; the message is one line.
 */
export function parseFormat(text: string): Format {
  const match = /^(\d+)x(\d+)@(\d+(?:\.\d+)?)$/.exec(text);
  const refuse = `Cannot draw the test card "${text}"`;
  if (!match) throw new TypeError(`${refuse}: expected WIDTHxHEIGHT@FPS, such as 1280x720@30`);
  const [width = 0, height = 0, fps = 0] = match.slice(1).map(Number);
  for (const side of [width, height]) {
    if (side < 16 || side > 4096) throw new RangeError(`${refuse}: width and height must be 16 to 4096 pixels`);
  }
  if (fps < 1 || fps > 120) throw new RangeError(`${refuse}: the rate must be 1 to 120 frames per second`);
  return { width, height, fps };
}
