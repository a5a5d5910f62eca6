import { programUrl } from "../../program-url.ts";
import type { Driver } from "../driver.ts";
import { type OpenBytes, ParsedRuns } from "../parse.ts";
import { command } from "../process.ts";
import { invalidSource, type Spelling } from "../spelling.ts";

/** The built-in test card. */
export interface TestcardSpec {
  readonly kind: "testcard";
  /** `WIDTHxHEIGHT@FPS`. */
  readonly size: string;
}

const defaults = { width: 1280, height: 720, fps: 30 };

/** Runs the built-in test card as a program of its own: `testcard:`, `testcard:640x480@15`. */
export const testcard: Driver<TestcardSpec> = {
  kind: "testcard",
  parse: (spelling) => (spelling.scheme === "testcard" ? { kind: "testcard", size: parseSize(spelling) } : undefined),
  describe: ({ size }) => `testcard:${size}`,
  canStart: () => true,
  create({ size }, options) {
    let run: OpenBytes | undefined;
    return new ParsedRuns(async (signal) => {
      run ??= command([...options.program(programUrl("testcard/main")), size], options);
      return await run(signal);
    }, options);
  },
};

function parseSize({ text, rest }: Spelling): string {
  const size = rest === "" ? `${defaults.width}x${defaults.height}` : rest;
  const match = /^(\d+)x(\d+)(?:@(\d+(?:\.\d+)?))?$/.exec(size);
  if (!match) throw invalidSource(text, "write testcard:WIDTHxHEIGHT@FPS, such as testcard:1280x720@30");
  const [width, height, fps] = [Number(match[1]), Number(match[2]), Number(match[3] ?? defaults.fps)];
  if (width < 16 || width > 4096 || height < 16 || height > 4096) {
    throw invalidSource(text, "sides go from 16 to 4096 pixels");
  }
  if (fps < 1 || fps > 120) throw invalidSource(text, "the rate goes from 1 to 120 frames a second");
  return `${width}x${height}@${fps}`;
}
