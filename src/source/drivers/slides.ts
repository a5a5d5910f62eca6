import { basename } from "node:path";
import { redact } from "../../redact.ts";
import type { Driver } from "../driver.ts";
import { matchFiles, SlideRuns } from "../slides.ts";
import type { SourceSpec } from "../source.ts";
import { invalidSource } from "../spelling.ts";

/** JPEG files of one folder. */
export interface SlidesSpec extends SourceSpec {
  readonly kind: "slides";
  /** A path; each `*` in its last part stands for any characters. */
  readonly pattern: string;
}

/** Shows the JPEG files of a folder one after the other: `frames/*.jpg`. */
export const slides: Driver<SlidesSpec> = {
  kind: "slides",
  parse({ text, rest }) {
    if (!/\*[^/]*\.jpe?g$/i.test(text) || rest.startsWith("//")) return undefined;
    if (text.slice(0, -basename(text).length).includes("*")) {
      throw invalidSource(text, "only the last part of a path may have a *");
    }
    return { kind: "slides", pattern: text };
  },
  describe: ({ pattern }) => redact(pattern),
  hasEnd: () => true,
  canLoop: () => true,
  canStart: () => true,
  path: ({ pattern }) => pattern,
  create: ({ pattern }, options) => new SlideRuns({ list: () => matchFiles(pattern) }, options),
};
